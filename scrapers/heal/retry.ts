/** Which outcomes deserve another try within the same run, and when. Pure. */
import type { Outcome } from '../../engine/index.ts'

export interface Attempt {
  outcome: Outcome
  reason: string
  /** Visits made so far, this one included. */
  visits: number
  /** Since the run began, ms. */
  elapsed: number
  /** Time between two due times of the scraper, ms. */
  interval: number
  /** How long the site asked to be left alone, ms; null where it did not say. */
  asked: number | null
}

/** A second try begins so soon after the run, or in its next run. ms */
const WINDOW_MS = 30_000
/** Whoever runs again so soon needs no second try. ms */
const SOON_MS = 30_000
/** Wait before the second and the third visit of a site that was down, ms; spread by half to both sides. */
const BACK_OFF_MS = [1000, 3000]
/** Not all failures of ours pass by themselves. */
const PASSING = ['page', 'browser', 'launch', 'hung']
const LASTING = ['tls', 'redirect_loop', 'http4xx']

/**
 * Milliseconds until the next try; null: none in this run. Our own failures and those of a proxy are tried once more at
 * once, a site that is down after a back-off with jitter, one that limits us only when the time it asked for is over.
 * Everything else is an answer, and asking again would not change it. `random`: 0 … 1.
 */
export function retryDelay(attempt: Attempt, random: number): number | null {
  const { outcome, reason, visits, elapsed, interval, asked } = attempt
  const inTime = (delay: number): number | null =>
    interval >= SOON_MS && elapsed + delay <= Math.min(WINDOW_MS, interval / 2) ? delay : null
  if (outcome === 'crashed' && PASSING.includes(reason)) return visits === 1 ? 0 : null
  if (outcome === 'proxy_failed') return visits === 1 ? 0 : null
  if (outcome === 'site_down' && !LASTING.includes(reason)) {
    const back = BACK_OFF_MS[visits - 1]
    return back === undefined ? null : inTime(back * (0.5 + random))
  }
  if (outcome === 'rate_limited') return visits === 1 && asked !== null ? inTime(asked) : null
  return null
}
