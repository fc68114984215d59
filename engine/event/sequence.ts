/**
 * What a partition has seen of every producer: the last sequence number and the missing ranges below it, so
 * that a resend fills exactly its hole, also after a failover that lost acknowledged entries.
 */

/** Open missing ranges kept per producer; older ones are given up and stay counted as missing. */
export const MAX_RANGES = 32
/** Producers remembered per partition, and as many shippers beyond: what comes from the engine is never refused. */
export const MAX_PRODUCERS = 10_000

/** Producer ids of outboxes: `x:<stream>.<partition>`. They are never forgotten. */
export const SHIPPER = 'x:'

export interface ProducerState {
  last: number
  /** Closed intervals [first, last] below `last` that never came, oldest first. */
  missing: [number, number][]
  /** Log time of its newest entry. */
  seenAt: number
}

/** `all`: every row is new. `some`: `fresh[i]` tells. `forgotten`: too old to be told from a resend; refused. */
export type Acceptance =
  | { verdict: 'all' }
  | { verdict: 'some'; fresh: boolean[]; count: number }
  | { verdict: 'forgotten' }

export class Producers {
  /** Longest silent first. */
  readonly states = new Map<string, ProducerState>()
  /** Those that may be forgotten, longest silent first. */
  private readonly mortal = new Set<string>()
  /** Rows in all open and given-up missing ranges. */
  missing = 0
  private readonly horizon: number

  /** `horizon`: ms of log time after which a silent producer with a start time in its id may be forgotten. */
  constructor(horizon = 24 * 3_600_000) {
    this.horizon = horizon
  }

  accept(from: string, seq: number, n: number, logTime: number): Acceptance {
    let state = this.states.get(from)
    if (state === undefined) {
      const startedAt = startOf(from)
      if (seq > 0 && startedAt !== null && logTime - startedAt > this.horizon) return { verdict: 'forgotten' }
      if (!this.makeRoom(from)) return { verdict: 'forgotten' }
      state = { last: -1, missing: [], seenAt: logTime }
      if (startedAt !== null) this.mortal.add(from)
    }
    state.seenAt = logTime
    this.states.delete(from)
    this.states.set(from, state)
    if (this.mortal.delete(from)) this.mortal.add(from)
    if (seq === state.last + 1) {
      state.last += n
      return { verdict: 'all' }
    }
    if (seq > state.last) {
      this.open(state, state.last + 1, seq - 1)
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
   * Forgets the longest silent producer where there are too many, and only one whose id says when it started: the
   * others must be recognised for ever. False where there is none to forget.
   */
  private makeRoom(newcomer: string): boolean {
    if (this.states.size < MAX_PRODUCERS) return true
    for (const id of this.mortal) return this.mortal.delete(id) && this.states.delete(id)
    return newcomer.startsWith(SHIPPER) && this.states.size < 2 * MAX_PRODUCERS
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

  restore(states: [string, ProducerState][], missing: number): void {
    for (const [id, state] of states) {
      this.states.set(id, state)
      if (startOf(id) !== null) this.mortal.add(id)
    }
    this.missing = missing
  }
}

/** Start time in an id `name~startMs~nonce`; null for ids that carry none. */
function startOf(id: string): number | null {
  const parts = id.split('~')
  const ms = parts.length === 3 ? Number(parts[1]) : Number.NaN
  return Number.isSafeInteger(ms) && ms > 0 ? ms : null
}
