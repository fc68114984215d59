/**
 * What a partition has seen of every producer: the last sequence number and the missing ranges below it, so
 * that a resend fills exactly its hole, also after a failover that lost acknowledged entries.
 */
import { RetiredProducers, type SavedRetired } from './retired-producers.ts'

/** Open missing ranges kept per producer; older ones are given up and stay counted as missing. */
export const MAX_RANGES = 32
/** Producers remembered per partition, and as many shippers beyond: what comes from the engine is never refused. */
export const MAX_PRODUCERS = 10_000

/**
 * Longest hole that is believed: a failover loses seconds, and that is 100 s of a million events a second. A number
 * further ahead is somebody's mistake or malice; believing it would make everything below it a duplicate.
 */
export const MAX_HOLE = 100_000_000

/** Producer ids of outboxes: `x:<stream>.<partition>`. They are never forgotten. */
export const SHIPPER = 'x:'

export interface ProducerState {
  last: number
  /** Closed intervals [first, last] below `last` that never came, oldest first. */
  missing: [number, number][]
  /** Log time of its newest entry. */
  seenAt: number
}

/** `all`: every row is new. `some`: `fresh[i]` tells. `refused`: none can be counted, with the reason. */
export type Acceptance =
  | { verdict: 'all' }
  | { verdict: 'some'; fresh: boolean[]; count: number }
  | { verdict: 'refused'; reason: string }

export interface ProducerLimits {
  /** Log time after which an unknown producer that does not begin at 0 is refused, ms. */
  horizon?: number
  producers?: number
  retired?: number
}

export class Producers {
  /** Longest silent first. */
  readonly states = new Map<string, ProducerState>()
  /** Those that may be forgotten, longest silent first. */
  private readonly mortal = new Set<string>()
  /** Those there was no room for any more. */
  private readonly retired: RetiredProducers
  /** Rows in all open and given-up missing ranges. */
  missing = 0
  /** Highest number of the producer accepted last, before it was; -1 for none. */
  before = -1
  private readonly horizon: number
  private readonly limit: number

  constructor({ horizon = 24 * 3_600_000, producers = MAX_PRODUCERS, retired }: ProducerLimits = {}) {
    this.horizon = horizon
    this.limit = producers
    this.retired = new RetiredProducers(retired)
  }

  accept(from: string, seq: number, n: number, logTime: number): Acceptance {
    const known = this.states.get(from)
    const state = known ?? this.meet(from, seq, logTime)
    this.before = typeof state === 'string' ? -1 : state.last
    if (typeof state === 'string') return { verdict: 'refused', reason: `${state}: ${n} events not counted` }
    const hole = seq - state.last - 1
    if (hole > MAX_HOLE && !from.startsWith(SHIPPER)) {
      const reason = `number ${seq} after ${state.last} is too far ahead: ${n} events not counted`
      return { verdict: 'refused', reason }
    }
    this.touch(from, state, logTime)
    if (hole === 0) {
      state.last += n
      return { verdict: 'all' }
    }
    if (hole > 0) {
      this.open(state, Math.max(state.last + 1, seq - MAX_HOLE), seq - 1)
      state.last = seq + n - 1
      return { verdict: 'all' }
    }
    const fresh: boolean[] = []
    let count = 0
    for (let i = 0; i < n; i++) {
      const isNew = seq + i > state.last || this.fill(state, seq + i)
      fresh.push(isNew)
      if (isNew) count++
    }
    state.last = Math.max(state.last, seq + n - 1)
    return { verdict: 'some', fresh, count }
  }

  /** Highest number of a producer, -1 of one that never wrote; null where that is forgotten. */
  lastOf(from: string): number | null {
    const state = this.states.get(from)
    if (state !== undefined) return state.last
    const startedAt = startOf(from)
    const before = startedAt === null ? null : this.retired.find(from, startedAt)
    return before === 'forgotten' ? null : (before?.last ?? -1)
  }

  /** The state of a producer that is not among the known ones, not yet one of them; or why it is refused. */
  private meet(from: string, seq: number, logTime: number): ProducerState | string {
    if (this.states.size >= this.limit && this.mortal.size === 0 && !this.spare(from)) return FORGOTTEN
    const startedAt = startOf(from)
    const before = startedAt === null ? null : this.retired.find(from, startedAt)
    if (before === 'forgotten' || (before?.torn && seq <= before.last)) return FORGOTTEN
    if (before !== null) return { last: before.last, missing: [], seenAt: logTime }
    if (startedAt !== null && seq > 0 && logTime - startedAt > this.horizon) return FORGOTTEN
    return { last: Math.max(-1, seq - 1 - MAX_HOLE), missing: [], seenAt: logTime }
  }

  /** Puts a producer at the end of the longest silent, known before or not. */
  private touch(from: string, state: ProducerState, logTime: number): void {
    if (!this.states.delete(from)) {
      this.makeRoom(logTime)
      if (startOf(from) !== null) this.mortal.add(from)
    } else if (this.mortal.delete(from)) this.mortal.add(from)
    state.seenAt = logTime
    this.states.set(from, state)
  }

  private open(state: ProducerState, first: number, last: number): void {
    this.missing += last - first + 1
    state.missing.push([first, last])
    if (state.missing.length > MAX_RANGES) state.missing.shift()
  }

  private fill(state: ProducerState, seq: number): boolean {
    const at = state.missing.findIndex(([first, last]) => seq >= first && seq <= last)
    if (at < 0) return false
    const [first, last] = state.missing[at]!
    const rest: [number, number][] = []
    if (first < seq) rest.push([first, seq - 1])
    if (seq < last) rest.push([seq + 1, last])
    state.missing.splice(at, 1, ...rest)
    if (state.missing.length > MAX_RANGES) state.missing.shift()
    this.missing--
    return true
  }

  /**
   * Retires the longest silent producer where there are too many, and only one whose id says when it started: the
   * others must be recognised for ever.
   */
  private makeRoom(logTime: number): void {
    if (this.states.size < this.limit) return
    for (const id of this.mortal) {
      const { last, missing } = this.states.get(id)!
      this.retired.add(id, last, missing.length > 0, startOf(id)!, logTime)
      this.mortal.delete(id)
      this.states.delete(id)
      return
    }
  }

  /** Room beyond the limit, for those that ship from other partitions. */
  private spare(from: string): boolean {
    return from.startsWith(SHIPPER) && this.states.size < 2 * this.limit
  }

  /** Last numbers of the producers that ship from other partitions: below these an outbox may be trimmed. */
  acks(): [string, number][] {
    const acks: [string, number][] = []
    for (const [id, state] of this.states) if (id.startsWith(SHIPPER)) acks.push([id, state.last])
    return acks
  }

  toJSON(): [string, ProducerState][] {
    return [...this.states]
  }

  /** Names the blocks of the retired producers, and writes those that no snapshot holds. */
  save(changed: Map<string, Buffer>, names: string[]): SavedRetired | null {
    return this.retired.save(changed, names)
  }

  /** `retired` and `blocks`: as `save` gave them; null where nobody had been retired. */
  restore(
    states: [string, ProducerState][],
    missing: number,
    retired: SavedRetired | null = null,
    blocks: ReadonlyMap<string, Buffer> = new Map(),
  ): void {
    for (const [id, state] of states) {
      this.states.set(id, state)
      if (startOf(id) !== null) this.mortal.add(id)
    }
    this.missing = missing
    if (retired !== null) this.retired.restore(retired, blocks)
  }
}

const FORGOTTEN = 'producer forgotten'

/** Start time in an id `name~startMs~nonce`; null for ids that carry none. */
function startOf(id: string): number | null {
  const parts = id.split('~')
  const ms = parts.length === 3 ? Number(parts[1]) : Number.NaN
  return Number.isSafeInteger(ms) && ms > 0 ? ms : null
}
