/**
 * The pane ladder of one metric on one partition: 10 s, 1 m, 10 m, 1 h, 1 d. An event touches one pane, on the
 * finest rung; a coarser pane is always exactly the merge of its finer ones, in order.
 *
 * Two frontiers move through it. A pane is *closed* when `asOf` has passed its end: it is emitted and windows may
 * read it. It is *final* when the watermark less the lateness has passed its end: nothing can change it any more.
 * Between the two an event amends: its pane is emitted again, at the next turn of `asOf` or when it becomes final.
 */
import { finish, type Work } from '../work.ts'
import { Pane } from './pane.ts'
import type { Shape } from './shape.ts'
import { Touched } from './touched.ts'

/** Called for every closed or amended pane with the groups to emit. Must copy what it keeps. */
export type OnPane = (rung: number, pane: Pane, groups: Touched) => void

export class Ladder {
  readonly panes: Map<number, Pane>[]
  private readonly shape: Shape
  private readonly sizes: readonly number[]
  /** How long, in ms behind `asOf`, the panes of each rung are read by windows and baselines. */
  keep: readonly number[]
  /** Panes numbered below this are closed, per rung. */
  private readonly closedTo: number[]
  private readonly amended: Set<Pane>[]
  /** Sketch pages that the pane closed last took, per rung. */
  private readonly usual: number[]
  /** The finest pane of the last event; null where it may be gone. */
  private current: Pane | null = null

  /**
   * `sizes`: rung sizes in ms, finest first, each dividing the next.
   */
  constructor(shape: Shape, sizes: readonly number[], keep: readonly number[]) {
    this.shape = shape
    this.sizes = sizes
    this.keep = keep
    this.panes = sizes.map(() => new Map())
    this.closedTo = sizes.map(() => Number.NEGATIVE_INFINITY)
    this.amended = sizes.map(() => new Set())
    this.usual = sizes.map(() => 0)
  }

  /** Adds one event; returns the pane it fell into. */
  add(at: number, group: number, matched: boolean, value: number): Pane {
    const number = Math.floor(at / this.sizes[0]!)
    const pane = this.current?.number === number ? this.current : this.finest(number)
    pane.add(group, matched, value)
    if (pane.closed) this.amend(0, pane, group)
    return pane
  }

  private finest(number: number): Pane {
    return (this.current = this.panes[0]!.get(number) ?? this.open(0, number))
  }

  /** Makes the cell of `group` in a finest pane anew out of `parts`, in order; a closed pane is amended. */
  assemble(number: number, group: number, parts: readonly (Pane | undefined)[]): void {
    const pane = this.panes[0]!.get(number) ?? this.open(0, number)
    remake(pane, group, parts)
    if (pane.closed) this.amend(0, pane, group)
  }

  /** Takes the open panes of the finest rung away, in order. */
  takeOpen(): Pane[] {
    const open = sorted([...this.panes[0]!.values()].filter((pane) => !pane.closed))
    for (const pane of open) this.panes[0]!.delete(pane.number)
    this.current = null
    return open
  }

  /** Moves both frontiers (ms): closes, amends and drops panes, finest rung first. */
  *turning(asOf: number, final: number, emit: OnPane): Work {
    for (let rung = 0; rung < this.sizes.length; rung++) {
      yield* this.close(rung, Math.floor(asOf / this.sizes[rung]!), emit)
      this.flush(rung, Number.POSITIVE_INFINITY, emit)
    }
    this.drop(asOf, final)
  }

  /** All of `turning` at once. */
  turn(asOf: number, final: number, emit: OnPane): void {
    finish(this.turning(asOf, final, emit))
  }

  /** Emits amended panes that have become final since, and drops what is done with, where only the watermark moved. */
  settle(asOf: number, final: number, emit: OnPane): void {
    for (let rung = 0; rung < this.sizes.length; rung++) {
      if (this.amended[rung]!.size > 0) this.flush(rung, final, emit)
    }
    this.drop(asOf, final)
  }

  /**
   * Emits what waits for a turn to be amended, and what is still open, on every rung, as it stands now; the real close writes over it later. For history
   * that has ended: no later event will come to close its last hour.
   */
  provisional(emit: OnPane): void {
    for (let rung = 0; rung < this.sizes.length; rung++) this.flush(rung, Number.POSITIVE_INFINITY, emit)
    let finer: Pane[] = [...this.panes[0]!.values()].filter((pane) => !pane.closed)
    for (const pane of sorted(finer)) emit(0, pane, pane.touched)
    for (let rung = 1; rung < this.sizes.length; rung++) {
      const ratio = this.sizes[rung]! / this.sizes[rung - 1]!
      const open = new Map<number, Pane>()
      const closed = this.inOrder(rung - 1, this.closedTo[rung]! * ratio, Number.POSITIVE_INFINITY)
      for (const part of sorted([...closed.filter((pane) => pane.closed), ...finer])) {
        const number = Math.floor(part.number / ratio)
        if (number < this.closedTo[rung]!) continue
        const { touched } = part
        const pane = open.get(number) ?? new Pane(number, this.shape, part.sketches?.pages)
        open.set(number, pane)
        for (let i = 0; i < touched.size; i++) pane.merge(touched.at(i), part)
      }
      finer = [...open.values()]
      for (const pane of sorted(finer)) emit(rung, pane, pane.touched)
    }
  }

  /** Whether an amended pane waits to be emitted again. */
  get amending(): boolean {
    return this.amended.some((panes) => panes.size > 0)
  }

  private *close(rung: number, to: number, emit: OnPane): Work {
    const from = this.closedTo[rung]!
    if (to <= from) return
    this.closedTo[rung] = to
    if (rung > 0) yield* this.build(rung, from, to)
    for (const pane of this.inOrder(rung, from, to)) {
      if (pane.closed) continue
      pane.closed = true
      pane.dirty = true
      emit(rung, pane, pane.touched)
      this.usual[rung] = pane.sketches?.pages ?? 0
      yield
    }
  }

  /** Makes the panes of `rung` numbered from…to out of their finer ones. */
  private *build(rung: number, from: number, to: number): Work {
    const ratio = this.sizes[rung]! / this.sizes[rung - 1]!
    const first = from === Number.NEGATIVE_INFINITY ? from : from * ratio
    for (const finer of this.inOrder(rung - 1, first, to * ratio)) {
      const number = Math.floor(finer.number / ratio)
      const pane = this.panes[rung]!.get(number) ?? this.open(rung, number, false)
      for (let i = 0; i < finer.touched.size; i++) pane.merge(finer.touched.at(i), finer)
      yield
    }
  }

  private flush(rung: number, final: number, emit: OnPane): void {
    const size = this.sizes[rung]!
    const due = [...this.amended[rung]!].filter((pane) => (pane.number + 1) * size <= final)
    for (const pane of sorted(due)) {
      const changed = pane.changed!
      pane.changed = null
      pane.dirty = true
      this.amended[rung]!.delete(pane)
      emit(rung, pane, changed)
      if (rung + 1 < this.sizes.length) this.rebuild(rung + 1, pane, changed)
    }
  }

  /** Makes the cells of `groups` anew in the closed coarser pane above `finer`, if that is closed. */
  private rebuild(rung: number, finer: Pane, groups: Touched): void {
    const ratio = this.sizes[rung]! / this.sizes[rung - 1]!
    const number = Math.floor(finer.number / ratio)
    if (!(number < this.closedTo[rung]!)) return
    const pane = this.panes[rung]!.get(number) ?? this.open(rung, number)
    const parts: Pane[] = []
    for (let n = number * ratio; n < (number + 1) * ratio; n++) {
      const part = this.panes[rung - 1]!.get(n)
      if (part) parts.push(part)
    }
    for (let i = 0; i < groups.size; i++) {
      remake(pane, groups.at(i), parts)
      this.amend(rung, pane, groups.at(i))
    }
  }

  private drop(asOf: number, final: number): void {
    this.current = null
    for (let rung = 0; rung < this.sizes.length; rung++) {
      const size = this.sizes[rung]!
      const above = this.sizes[rung + 1] ?? size
      for (const pane of this.panes[rung]!.values()) {
        const start = pane.number * size
        if (start + size > asOf - this.keep[rung]!) continue
        // Amending a coarser pane needs all its finer ones: they stay until it is closed and final too.
        const settled = (Math.floor(start / above) + 1) * above
        if (settled <= final && settled <= asOf) this.panes[rung]!.delete(pane.number)
      }
    }
  }

  private open(rung: number, number: number, closed = number < this.closedTo[rung]!): Pane {
    // A straggler's pane stays small.
    const pane = new Pane(number, this.shape, closed ? 0 : this.usual[rung])
    pane.closed = closed
    this.panes[rung]!.set(number, pane)
    return pane
  }

  private amend(rung: number, pane: Pane, group: number): void {
    pane.changed ??= new Touched()
    if (pane.changed.size === 0) this.amended[rung]!.add(pane)
    pane.changed.add(group)
    pane.amended ??= new Touched()
    pane.amended.add(group)
    pane.dirty = true
  }

  private inOrder(rung: number, from: number, to: number): Pane[] {
    const found: Pane[] = []
    for (const pane of this.panes[rung]!.values())
      if (pane.number >= from && pane.number < to) found.push(pane)
    return sorted(found)
  }

  /** What a snapshot needs beside the panes themselves. */
  frontier(): (number | null)[] {
    return this.closedTo.map((to) => (to === Number.NEGATIVE_INFINITY ? null : to))
  }

  restoreFrontier(closedTo: (number | null)[]): void {
    for (const [rung, to] of closedTo.entries()) this.closedTo[rung] = to ?? Number.NEGATIVE_INFINITY
  }

  /** Puts back a pane read from a snapshot; panes must come in order of their number. */
  restorePane(rung: number, pane: Pane): void {
    this.panes[rung]!.set(pane.number, pane)
    this.current = null
    if (pane.changed && pane.changed.size > 0) this.amended[rung]!.add(pane)
  }

  newPane(number: number): Pane {
    return new Pane(number, this.shape)
  }
}

function remake(pane: Pane, group: number, parts: readonly (Pane | undefined)[]): void {
  pane.reset(group)
  for (const part of parts) if (part?.touched.has(group)) pane.merge(group, part)
}

function sorted(panes: Pane[]): Pane[] {
  return panes.sort((a, b) => a.number - b.number)
}
