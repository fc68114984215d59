/** Politeness: whether a host may be visited now, later, or not for a while. */
import type { Outcome } from '../../engine/index.ts'

export type Admission =
  /** Go, after waiting so many ms for the host's turn; the turn is booked. */
  { go: true; wait: number } | Refusal

/** Stay away until then (ms since 1970). */
export interface Refusal {
  go: false
  reason: 'hold' | 'no_permit'
  until: number
  detail: string
}

export interface Visit {
  host: string
  /** Shortest time between two visits of the host, ms. */
  minDelay: number
}

/**
 * Decides and remembers, for all scrapers that share it. One atomic `admit` before a visit, one `report` after
 * it; a visit that was admitted and died has merely wasted its turn.
 */
export interface Gate {
  admit(visit: Visit, now: number): Promise<Admission>
  /** For those who waited for their turn: whether the host has asked to be left alone meanwhile. */
  held(host: string, now: number): Promise<Refusal | null>
  /** `until`: the time the site itself asked us to wait for, or null. */
  report(host: string, outcome: Outcome, until: number | null, now: number): Promise<void>
}

interface HostState {
  /** Start of the turn booked last, and the delay that whoever booked it wants kept after it, ms. */
  last: number
  delay: number
  held: number
  why: string
}

/** Turns further ahead than this are refused: by then the run would be stale. */
const HORIZON_MS = 60_000
/** A site that throttles without saying for how long is left alone for so long. */
const DEFAULT_HOLD_MS = 60_000
const MAX_HOSTS = 50_000
/** Hosts that were not visited for so long may be forgotten. */
const LONGEST_DELAY_MS = 3_600_000

/** A gate for one process; with several, each keeps its own count. */
export function memoryGate(): Gate {
  const hosts = new Map<string, HostState>()

  function stateOf(host: string, now: number): HostState {
    let state = hosts.get(host)
    if (!state) {
      if (hosts.size >= MAX_HOSTS) forget(now)
      state = { last: -Infinity, delay: 0, held: 0, why: '' }
      hosts.set(host, state)
    }
    return state
  }

  /** Drops hosts that nothing is remembered of any more. */
  function forget(now: number): void {
    for (const [host, state] of hosts)
      if (state.last + LONGEST_DELAY_MS <= now && state.held <= now) hosts.delete(host)
  }

  function refusal(state: HostState | undefined, now: number): Refusal | null {
    if (!state || state.held <= now) return null
    return { go: false, reason: 'hold', until: state.held, detail: holdText(state, now) }
  }

  return {
    async admit({ host, minDelay }, now) {
      const state = stateOf(host, now)
      const refused = refusal(state, now)
      if (refused) return refused
      // Two scrapers of one host: the longer of their delays lies between them, whoever comes first.
      const turn = Math.max(now, state.last + Math.max(state.delay, minDelay))
      const wait = turn - now
      if (wait > HORIZON_MS) {
        return {
          go: false,
          reason: 'no_permit',
          until: turn,
          detail: `${host} has no free turn within ${HORIZON_MS / 1000} s`,
        }
      }
      Object.assign(state, { last: turn, delay: minDelay })
      return { go: true, wait }
    },
    async held(host, now) {
      return refusal(hosts.get(host), now)
    },
    async report(host, outcome, until, now) {
      if (outcome !== 'rate_limited' && until === null) return
      const state = stateOf(host, now)
      // The longest wish wins, and is never shortened by a later answer.
      const asked = until ?? now + DEFAULT_HOLD_MS
      if (asked <= state.held) return
      state.held = asked
      state.why = until === null ? `${host} throttles` : `${host} asked for it (Retry-After)`
    },
  }
}

function holdText(state: HostState, now: number): string {
  return `${state.why}: no visit for another ${Math.ceil((state.held - now) / 1000)} s`
}
