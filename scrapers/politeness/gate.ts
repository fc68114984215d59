/** Politeness: whether a site may be visited now, later, or not for a while. One gate for all processes. */
import type { BlockAbout, Outcome } from '../../engine/index.ts'
import type { RobotsStore } from './robots/robots.ts'

/** Why a visit is refused. */
export type RefusalReason =
  /** Its robots.txt does not allow it, or cannot be read. */
  | 'robots'
  /** The site asked to be left alone, or throttles. */
  | 'hold'
  /** It blocked us not long ago. */
  | 'blocked'
  /** It is down, and another run finds out whether it is back. */
  | 'breaker'
  /** The visits of this hour are used up. */
  | 'budget'
  /** No free turn soon enough: too many want to go there. */
  | 'no_permit'
  /** No proxy that could be used is there. Never a reason to go direct. */
  | 'no_proxy'

/** Stay away until then (ms since 1970, by the clock of Redis). */
export interface Refusal {
  go: false
  reason: RefusalReason
  until: number
  /** Only others' visits that are under way stand against it: ask again soon. */
  busy: boolean
  detail: string
}

/** Go after so many ms; the turn is booked. */
export interface Permit {
  go: true
  wait: number
  /**
   * A turn used later than this is no turn any more, ms: half of the time to the next one, which leaves the other half
   * to the way there. Infinity where nothing limits the rate.
   */
  keeps: number
  /** `direct`, or the name of the proxy to take. */
  exit: string
  /** The one visit that finds out whether the site is back. */
  probe: boolean
}

export type Admission = Permit | Refusal

/** One visit that asks. */
export interface Visit {
  /** What the limits are counted for: the host, or the name that several share. */
  site: string
  /** Names this visit, unique over all processes. */
  token: string
  /** Shortest time between two visits of the site, ms. */
  minDelay: number
  /** Visits of the site at the same time, all scrapers together; 0: any number. */
  concurrency: number
  /** Visits of the site in any hour, all scrapers together; 0: any number. */
  budget: number
  /** Longest time from its turn to its report, ms: after that it counts as dead. */
  lease: number
  /** Exits it may take, preferred ones first. */
  exits: readonly string[]
}

/** How long a site wants to be left alone: for so many ms, or until a time (ms since 1970). */
export type Wish = { for: number } | { until: number }

/** What became of a visit. */
export interface Visited {
  outcome: Outcome
  /** What the site asked for. */
  wish: Wish | null
  exit: string
  /** How long to stay away after a block: the first time, doubling to the longest, ms. */
  coolDown: { first: number; longest: number }
  /** For the ledger, where it was turned away. */
  block: BlockAbout | null
}

/** What follows from a visit. */
export interface Consequence {
  /** Server time of the report, ms since 1970. */
  at: number
  /** Until when the site is left alone, ms since 1970; null where it is not. */
  until: number | null
  /** Blocks within a day, this one included. */
  strikes: number
}

/**
 * Decides and remembers, for all scrapers that share it. One atomic `admit` before a visit, one `report` after
 * it; a visit that was admitted and died has wasted its turn, and its lease ends by itself.
 */
export interface Gate {
  /** `again`: the same visit asks anew, as its turn went by. Rejects where nobody can say: then nobody may go. */
  admit(visit: Visit, again?: boolean): Promise<Admission>
  /** For those who wait for their turn: whether the site may still be visited. */
  held(visit: Visit): Promise<Refusal | null>
  /** Gives back what an admitted visit holds, and learns from it. What cannot be told now is told later. */
  report(visit: Visit, visited: Visited): Promise<Consequence | null>
  readonly robots: RobotsStore
}
