/**
 * The first of two phases: on the partition where events arrive, the groups of merged metrics only gather what they
 * gained. Once a second of log time, and before every turn, the gains are cut and sent to where each group lives.
 * Cuts depend on the log alone, so a replay cuts at the same places.
 */
import { partitionOf } from '../stream/partition-hash.ts'
import { mergedName } from '../config/merged-stream.ts'
import type { CompiledConfig, CompiledStream } from '../config/compiled.ts'
import type { Columns } from '../event/entry.ts'
import { keptOf, MAX_GROUPS, MetricState } from '../window/metric-state.ts'
import { TURN } from '../window/turns.ts'
import { Pane } from '../window/pane.ts'
import { encodePane } from '../window/pane-codec.ts'
import {
  lengthOf,
  MESSAGE_BYTES,
  NARROW_GROUPS,
  type PartialMessage,
  type Piece,
  WIDE_GROUPS,
} from './message.ts'

/** A source without a gain for so many turns says that nobody need wait for it. */
const IDLE_TURNS = 6

/** A message for one partition of the merged stream. */
export interface Partial {
  partition: number
  message: PartialMessage
}

export class Partials {
  states: MetricState[] = []
  /** Partitions of the merged stream that wait for our time. */
  readonly listeners = new Set<number>()
  /** Second of log time of the last cut. */
  second = Number.NEGATIVE_INFINITY
  /** Turn of the last gain. */
  gainedAt = Number.NEGATIVE_INFINITY
  /** Turn that the listeners know of. */
  toldTurn: number | null = null
  /** Whether every partition of the merged stream knows that we exist: until then none can tell whether to wait. */
  greeted = false
  /** Event time (ms) before which nothing came since the last cut: what it gains can be no older. */
  floor = Number.NEGATIVE_INFINITY
  private partitions = 1
  private readonly send: (partial: Partial) => void

  constructor(send: (partial: Partial) => void) {
    this.send = send
  }

  /** Puts a config in force. What had been gathered under a definition that is gone, is gone with it. */
  configure(config: CompiledConfig, stream: CompiledStream): void {
    const before = this.states
    this.partitions = stream.partitions
    this.states = config.metrics
      .filter((metric) => metric.stream === mergedName(stream.name))
      .map((metric) => {
        const kept = keptOf(before, metric)
        kept?.configure(metric, [])
        return kept ?? new MetricState(metric, [])
      })
  }

  addRows(
    columns: Columns,
    rows: Int32Array,
    times: Float64Array,
    from: number,
    to: number,
    ms: number,
    seq: number,
  ): void {
    if (from === to) return
    for (const state of this.states) state.addRows(columns, rows, times, from, to, ms, seq)
  }

  /** Whether `n` more rows might make more groups than one can tell apart: then cut first, which forgets them. */
  full(n: number): boolean {
    return this.states.some(({ groups }) => groups.size > 1 && groups.size + n > MAX_GROUPS)
  }

  /** Whether something has been gained since the last cut. */
  get open(): boolean {
    return this.states.some((state) => state.ladder.panes[0]!.size > 0)
  }

  /**
   * Log time (ms) at which a listener is owed a word: the end of the second, or the next turn.
   * `turned`: the turn the source is in; `disorder`: how far turns run behind log time, ms.
   */
  dueAt(turned: number, disorder: number): number | null {
    if (this.open) return (this.second + 1) * 1000
    return this.listeners.size > 0 ? (turned + 1) * TURN + disorder : null
  }

  get owesGreeting(): boolean {
    return this.states.length > 0 && !this.greeted
  }

  /** Time passes at the end of the log: whoever has not heard of us learns that nothing is on its way. */
  greet(turned: number): void {
    if (!this.owesGreeting) return
    this.greeted = true
    for (let to = 0; to < this.partitions; to++)
      if (!this.listeners.has(to)) this.say(to, turned, turned, true, [])
  }

  /** A second of log time has begun. */
  tick(ms: number, turned: number, final: number): void {
    const second = Math.floor(ms / 1000)
    if (second <= this.second) return
    this.second = second
    if (this.open) this.cut(turned, turned, final)
  }

  /** Sends what was gained in turn `turned`; the source's time has come to turn `now`. */
  cut(turned: number, now: number, final: number): void {
    if (this.owesGreeting && Number.isFinite(now)) this.meet(now)
    const messages = new Map<number, Piece[][]>()
    for (const state of this.states) {
      for (const pane of state.ladder.takeOpen())
        for (const [to, piece] of this.pieces(state, pane)) pack(messages, to, piece)
      // Nothing is open for them any more, and where they live remembers them.
      state.evict(
        () => false,
        () => undefined,
      )
    }
    if (messages.size > 0) this.gainedAt = now
    for (const to of messages.keys()) this.listeners.add(to)
    const idle = now - this.gainedAt > IDLE_TURNS
    const news = known(now) !== this.toldTurn || idle
    for (const to of [...this.listeners].toSorted((a, b) => a - b)) {
      const parts = messages.get(to) ?? (news ? [[]] : [])
      for (const [i, pieces] of parts.entries()) {
        const last = i === parts.length - 1
        // Only the last word says how far we are: what comes before it must not arrive too late.
        this.say(to, turned, last ? now : turned, last && idle, pieces)
      }
    }
    if (news && this.listeners.size > 0) this.toldTurn = known(now)
    if (idle) this.silence()
    this.floor = final
  }

  /** Says that nothing more is on its way: history has gone quiet. */
  quiet(turned: number, final: number): void {
    this.floor = final
    for (const to of [...this.listeners].toSorted((a, b) => a - b)) this.say(to, turned, turned, true, [])
    this.silence()
  }

  /** A log that does not rest has no end to greet at: all hear of our time, until they hear that we are idle. */
  private meet(now: number): void {
    this.greeted = true
    this.gainedAt = now
    for (let to = 0; to < this.partitions; to++) this.listeners.add(to)
    this.toldTurn = null
  }

  private silence(): void {
    this.listeners.clear()
    this.toldTurn = null
  }

  private say(to: number, turned: number, now: number, idle: boolean, pieces: Piece[]): void {
    const message = { turn: known(turned), now: known(now), final: known(this.floor), idle, pieces }
    this.send({ partition: to, message })
  }

  /** The gains in one pane, by where their groups live. */
  private *pieces(state: MetricState, pane: Pane): Generator<[to: number, Piece]> {
    const homes = new Map<number, number[]>()
    const most = state.shape.sketch || state.shape.distinct ? WIDE_GROUPS : NARROW_GROUPS
    for (let i = 0; i < pane.touched.size; i++) {
      const group = pane.touched.at(i)
      const to = partitionOf(state.groups.keys[group]!, this.partitions)
      const home = homes.get(to)
      if (home) home.push(group)
      else homes.set(to, [group])
      if (home === undefined || home.length < most) continue
      for (const piece of piecesOf(state, pane, home)) yield [to, piece]
      homes.delete(to)
    }
    for (const [to, home] of homes) for (const piece of piecesOf(state, pane, home)) yield [to, piece]
  }
}

/** One piece as a rule; several where names are long or distributions are wide. */
function piecesOf(state: MetricState, pane: Pane, groups: readonly number[]): Piece[] {
  const piece = pieceOf(state, pane, groups)
  if (groups.length === 1 || lengthOf(piece) <= MESSAGE_BYTES) return [piece]
  const half = groups.length >>> 1
  return [...piecesOf(state, pane, groups.slice(0, half)), ...piecesOf(state, pane, groups.slice(half))]
}

function pieceOf(state: MetricState, pane: Pane, groups: readonly number[]): Piece {
  const cells = new Pane(pane.number, state.shape)
  for (const [i, group] of groups.entries()) cells.merge(i, pane, group)
  return {
    metric: state.metric.name,
    hash: state.metric.hash,
    at: pane.number,
    keys: groups.map((group) => state.groups.keys[group]!),
    seen: groups.map((group) => state.seen(group)),
    cells: encodePane(cells, state.shape).toString('base64'),
  }
}

function pack(messages: Map<number, Piece[][]>, to: number, piece: Piece): void {
  const parts = messages.get(to)
  const last = parts?.at(-1)
  if (parts === undefined) messages.set(to, [[piece]])
  else if (
    last === undefined ||
    [...last, piece].reduce((sum, one) => sum + lengthOf(one), 0) > MESSAGE_BYTES
  )
    parts.push([piece])
  else last.push(piece)
}

function known(value: number): number | null {
  return Number.isFinite(value) ? value : null
}
