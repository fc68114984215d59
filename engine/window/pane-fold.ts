/**
 * A window read: the accumulators of every group over a run of panes of one rung, folded anew in pane order; only
 * the integers of sketches are kept from slide to slide. Nothing is subtracted from floats, so a restored worker gives the same bits as one that never stopped.
 */
import type { Stat } from '../config/compiled.ts'
import { finish, type Work } from '../work.ts'
import { HyperLogLogArena } from './hyper-log-log-arena.ts'
import { emptyCell, type Pane } from './pane.ts'
import { COUNT, QUANTILES, type Shape } from './shape.ts'
import { knownWhenEmpty, statOf } from './stat.ts'
import { Touched } from './touched.ts'
import { WindowSketches } from './window-sketches.ts'

/** Panes read in one piece of work. */
const PANES_AT_ONCE = 8

export class PaneFold {
  /** Groups with at least one event in the run, in order of first touch. */
  readonly groups = new Touched()
  private readonly shape: Shape
  private cells = new Float64Array(0)
  private readonly sketches: WindowSketches | null
  private size = 0
  /** What was read last: unions are made when somebody asks for one. */
  private run: { panes: ReadonlyMap<number, Pane>; from: number; to: number } | null = null
  private readonly union: HyperLogLogArena | null
  /** Different values of the groups that were asked for. */
  private readonly distincts = new Map<number, number>()

  constructor(shape: Shape) {
    this.shape = shape
    this.sketches = shape.sketch ? new WindowSketches() : null
    this.union = shape.distinct ? new HyperLogLogArena() : null
  }

  /** Reads panes numbered from…to (half open) of `size` ms altogether; all groups, or just one. */
  read(panes: ReadonlyMap<number, Pane>, from: number, to: number, size: number, only?: number): void {
    finish(this.reading(panes, from, to, size, only))
  }

  /** As `read`. Nothing may be asked of what is half read. */
  *reading(panes: ReadonlyMap<number, Pane>, from: number, to: number, size: number, only?: number): Work {
    this.groups.clear()
    this.size = size
    this.run = this.union && { panes, from, to }
    this.distincts.clear()
    const closed: Pane[] = []
    for (let number = from; number < to; number++) {
      const pane = panes.get(number)
      if (pane?.closed) closed.push(pane)
    }
    for (const [i, pane] of closed.entries()) {
      this.take(pane, only)
      if (i % PANES_AT_ONCE === PANES_AT_ONCE - 1) yield
    }
    if (this.sketches === null) return
    if (only === undefined) yield* this.sketches.reading(closed)
    else this.sketches.readOne(closed, only)
  }

  private take(pane: Pane, only: number | undefined): void {
    const { touched } = pane
    if (only !== undefined) {
      if (touched.has(only)) this.fold(pane, only)
      return
    }
    for (let i = 0; i < touched.size; i++) this.fold(pane, touched.at(i))
  }

  private fold(pane: Pane, group: number): void {
    if (this.groups.add(group)) this.start(group)
    pane.fold(group, this.cells, group * this.shape.stride)
  }

  /** Pages that the sketches take, 128 bytes each. */
  get sketchPages(): number {
    return this.sketches?.pages ?? 0
  }

  /** Events that count for `group`, 0 where there are none. */
  count(group: number): number {
    return this.groups.has(group) ? this.cells[group * this.shape.stride + COUNT]! : 0
  }

  /** One accumulator of `group`; 0 where there are no events. */
  raw(group: number, offset: number): number {
    return this.groups.has(group) ? this.cells[group * this.shape.stride + offset]! : 0
  }

  /** One stat of `group` over the run, null where there is nothing to say. */
  stat(stat: Stat, group: number): number | null {
    if (!this.groups.has(group)) return knownWhenEmpty(stat) ? 0 : null
    if (stat === 'distinct') return this.distinct(group)
    const q = QUANTILES[stat]
    if (q === undefined) return statOf(stat, this.cells, group * this.shape.stride, this.size)
    const value = this.sketches!.quantile(group, q, this.count(group))
    return Number.isNaN(value) ? null : value
  }

  /** `distinct` of every `step` panes of the run, on average: that of the whole run is no multiple of it. */
  meanDistinct(group: number, step: number): number {
    const { from, to } = this.run!
    let sum = 0
    for (let at = from; at < to; at += step) sum += this.unionOf(group, at, at + step)
    return sum / Math.ceil((to - from) / step)
  }

  /** The union over the run; an asked group costs as much as it has panes, one that nobody asks for nothing. */
  private distinct(group: number): number {
    const known = this.distincts.get(group)
    if (known !== undefined) return known
    const count = this.unionOf(group, this.run!.from, this.run!.to)
    this.distincts.set(group, count)
    return count
  }

  /** The different values of `group` over the run, as HyperLogLogArena.save gives them; empty where none are kept. */
  values(group: number): number[] {
    if (this.union === null) return []
    this.unionOf(group, this.run!.from, this.run!.to)
    return [...this.union.save(0)]
  }

  /** Different values in the panes from…to (half open) of what was read. */
  private unionOf(group: number, from: number, to: number): number {
    const union = this.union!
    union.reset(0)
    for (let number = from; number < to; number++) {
      const pane = this.run!.panes.get(number)
      if (pane?.closed && pane.touched.has(group)) union.merge(0, pane.distinct!, group)
    }
    return union.count(0)
  }

  private start(group: number): void {
    const { stride } = this.shape
    if ((group + 1) * stride > this.cells.length) {
      const capacity = Math.max(64, 2 ** Math.ceil(Math.log2(group + 1)))
      const cells = new Float64Array(capacity * stride)
      cells.set(this.cells)
      this.cells = cells
    }
    emptyCell(this.cells, group * stride, this.shape)
  }
}
