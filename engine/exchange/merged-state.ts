/**
 * The second of two phases: a metric whose finest panes are not added to but assembled, from what each source
 * partition gained in them, always in the order of the sources: float sums have the same bits however the sources'
 * messages interleaved. Above the finest rung it is a metric like any other.
 */
import type { CompiledMetric, CompiledRule } from '../config/compiled.ts'
import { RUNG_MS } from '../config/window.ts'
import type { OnPane } from '../window/ladder.ts'
import { isGroupKey } from '../window/group-key.ts'
import { MetricState, type Seen } from '../window/metric-state.ts'
import { COUNT, TOTAL } from '../window/shape.ts'
import type { Pane } from '../window/pane.ts'
import { assertNumbered, decodePane } from '../window/pane-codec.ts'
import { Touched } from '../window/touched.ts'
import type { Work } from '../work.ts'
import type { Evidence } from '../rule/verdict.ts'
import type { Piece } from './message.ts'

const FINEST = RUNG_MS['10s']

export class MergedState extends MetricState {
  /** By number of the finest pane: what each source partition gained in it. Kept until nothing can change it. */
  readonly parts = new Map<number, (Pane | undefined)[]>()
  /** Partition in whose log the newest matching event of a group stands, by group id. */
  lastPartition: number[] = []
  /** Groups to assemble anew, by pane. */
  private readonly gained = new Map<number, Touched>()

  /** `whole`: whether the group of all events, where there is no other, lives on this partition. */
  constructor(metric: CompiledMetric, rules: CompiledRule[], whole: boolean) {
    super(metric, rules)
    if (!whole) this.groups.evict(this.groups.idOfKey('[]'))
  }

  /**
   * Adds what a source gained. Returns how many events came too late for their pane, 0 as a rule.
   * `most`: event time (ms) beyond which nothing is believed. Throws where the piece cannot be read.
   */
  gain(source: number, piece: Piece, final: number, most: number): number {
    const { groups, metric } = this
    const bytes = Buffer.from(piece.cells, 'base64')
    if (piece.at * FINEST > most) throw new RangeError('a piece far ahead of the log')
    assertNumbered(bytes, piece.keys.length)
    if (!piece.keys.every((key) => groups.has(key) || isGroupKey(key, metric.by.length)))
      throw new RangeError('a piece with a key that names no group')
    const gains = decodePane(bytes, this.shape, this.ladder)
    const late = (piece.at + 1) * FINEST <= final
    const part = late ? null : this.part(piece.at, source)
    let lost = 0
    for (const [i, key] of piece.keys.entries()) {
      const events = gains.get(i, this.shape.ratio ? TOTAL : COUNT)
      if (part === null) {
        lost += events
        continue
      }
      const { overflow } = groups
      const group = groups.idOfKey(key)
      if (groups.overflow > overflow) groups.overflow = overflow + events
      part.merge(group, gains, i)
      this.touch(piece.at, group)
      this.saw(group, source, piece.seen[i]!, most)
    }
    return lost
  }

  override *turning(asOf: number, final: number, emit: OnPane): Work {
    this.assemble()
    yield* super.turning(asOf, final, emit)
    this.drop(asOf, final)
  }

  override settle(asOf: number, final: number, emit: OnPane): void {
    this.assemble()
    super.settle(asOf, final, emit)
    this.drop(asOf, final)
  }

  override provisional(emit: OnPane): void {
    this.assemble()
    super.provisional(emit)
  }

  override evidence(group: number): Evidence | null {
    const found = super.evidence(group)
    return found === null ? null : { ...found, partition: this.lastPartition[group] ?? 0 }
  }

  override used(): Touched {
    const used = super.used()
    for (const parts of this.parts.values()) {
      for (const part of parts)
        for (let i = 0; part && i < part.members.size; i++) used.add(part.members.at(i))
    }
    return used
  }

  /** Puts back a part read from a snapshot. */
  restorePart(source: number, part: Pane): void {
    const parts = this.parts.get(part.number) ?? []
    parts[source] = part
    this.parts.set(part.number, parts)
  }

  /** Groups gained since they were last assembled, for snapshots. */
  pending(): [pane: number, groups: number[]][] {
    return [...this.gained].map(([pane, groups]) => [
      pane,
      Array.from({ length: groups.size }, (_, i) => groups.at(i)),
    ])
  }

  restorePending(pending: [pane: number, groups: number[]][]): void {
    for (const [pane, groups] of pending) for (const group of groups) this.touch(pane, group)
  }

  /** Makes the finest panes anew wherever something was gained. */
  private assemble(): void {
    for (const number of [...this.gained.keys()].toSorted((a, b) => a - b)) {
      const groups = this.gained.get(number)!
      const parts = this.parts.get(number) ?? []
      for (let i = 0; i < groups.size; i++) this.ladder.assemble(number, groups.at(i), parts)
    }
    this.gained.clear()
  }

  private drop(asOf: number, final: number): void {
    for (const number of this.parts.keys()) {
      const end = (number + 1) * FINEST
      if (end <= final && end <= asOf) this.parts.delete(number)
    }
  }

  private part(number: number, source: number): Pane {
    const parts = this.parts.get(number) ?? []
    this.parts.set(number, parts)
    return (parts[source] ??= this.ladder.newPane(number))
  }

  private touch(pane: number, group: number): void {
    const groups = this.gained.get(pane) ?? new Touched()
    this.gained.set(pane, groups)
    groups.add(group)
  }

  /** The newest of all sources; at the same ms the highest place, then partition, so that order does not matter. */
  private saw(group: number, source: number, seen: Seen, most: number): void {
    const [lastAt, firstSeen, ms, seq, row] = seen
    const before = this.seen(group)
    const at = Math.max(Math.min(lastAt, most), before[0])
    const first = before[1] === 0 ? firstSeen : Math.min(before[1], firstSeen)
    if (at > this.newestAt) this.newestAt = at
    const mine = this.lastPartition[group] ?? -1
    const newer = ms - before[2] || seq - before[3] || source - mine || row - before[4]
    if (newer > 0) this.lastPartition[group] = source
    this.see(group, newer > 0 ? [at, first, ms, seq, row] : [at, first, before[2], before[3], before[4]])
  }
}
