/** Holds: sites that are left alone, and people's say in it, as what a site asked for may be years. */

export interface Hold {
  site: string
  /** The site asked for it or throttles, it blocked us, or it is down. */
  reason: 'hold' | 'blocked' | 'breaker'
  /** Of a `hold`: whether the site named the time. */
  asked: boolean
  /** Server time, ms since 1970. */
  until: number
}

/** By whom and when a site's holds were lifted last, server time in ms since 1970. */
export interface Lifted {
  by: string
  at: number
}

export interface Holds {
  /** The longest first; of one site, one or none. */
  list(query: { site?: string; limit: number }): Promise<Hold[]>
  /**
   * The site may be visited again; of one that blocked us or is down one visit finds out whether it is back. How far its
   * turns are apart stays. Null where it is not left alone.
   */
  lift(site: string, by: string): Promise<(Hold & { lifted: Lifted }) | null>
  close(): void
}

/** The sites with the longest holds are listed. */
export const MAX_HOLDS = 10_000
