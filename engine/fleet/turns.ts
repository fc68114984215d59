/** A scraper process's side of the shared schedule: it says what it has, takes what is due, and tells what has ended. */
import type { CatalogEntry } from './catalog.ts'
import type { Claim, Ended, FleetWorker, Lane, Pressure, Settled } from './schedule.ts'

export interface Registration {
  entry: CatalogEntry
  lane: Lane
  /** Any text that changes when the scraper's timing does. */
  timing: string
  /** First due time where it has none, server time in ms; null: none will come. */
  first: number | null
  /** A due time later than this was set by a clock that has been set back since, server time in ms. */
  latest: number
}

export interface TurnRequest {
  /** How many runs of each lane this process can start now. */
  room: Record<Lane, number>
  ended: readonly Ended[]
  settled: readonly Settled[]
  /** Asks, beside all else, what this process runs in the eyes of Redis, and says how it is. */
  about: Omit<FleetWorker, 'worker' | 'until' | 'room'> | null
}

export interface TurnReply {
  /** Server time, ms. */
  now: number
  /** Next due time of each lane; null where nothing is scheduled. */
  next: Record<Lane, number | null>
  pressure: Record<Lane, Pressure>
  /** Scrapers in the catalog: fewer than are loaded here where Redis has lost it. */
  catalogued: number
  /** How many scrapers came due where nobody knew them. */
  stray: number
  claims: Claim[]
  /** With `about`: claims that are this process's, and the names of `stray`. */
  mine: Claim[]
  /** Names of `settled` that this process still holds; the others are somebody else's now. */
  held: string[]
  strays: string[]
}

export interface Turns {
  readonly worker: string
  /** Server time, ms. */
  now(): Promise<number>
  /**
   * Says which scrapers are loaded. A changed timing takes effect at once, except for the run under way, and for what
   * has come due by the old one, before or during that run: where it is claimed, the old timing is in `owed`.
   */
  register(all: readonly Registration[]): Promise<void>
  /** One atomic step. Rejects where Redis is away; then it is not known whether it took place. */
  turn(request: TurnRequest): Promise<TurnReply>
  /** Hands back what has not ended, and is gone. */
  leave(): Promise<void>
  close(): void
}
