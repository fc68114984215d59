/** Whether a batch of runs will be in time. Pure. */
import { readableDuration } from '../alert/readable.ts'
import type { BatchSpan } from './batch-time.ts'
import type { Judgement } from './judge.ts'

export interface BatchProgress {
  /** Scrapers that belong to it, and those that were right since it began. */
  expected: number
  done: number
  /** When the last of these was, ms; null where there is none. */
  lastAt: number | null
  /** Whether it was watched from its start. */
  whole: boolean
}

export interface BatchJudgement extends Judgement {
  /** When the last scraper will be right, or was; null where nobody can tell. */
  estimate: number | null
}

/** Before so much of its time has passed, fewer than ENOUGH scrapers tell nothing. */
const EARLY = 0.1
const ENOUGH = 3

/**
 * The pace is that of all scrapers since the start, or, where none was right for longer than that gives, the time since
 * the last one: what is stuck is not hidden by what was quick.
 */
export function judgeBatch(span: BatchSpan, progress: BatchProgress, now: number): BatchJudgement {
  const { expected, done, lastAt, whole } = progress
  const left = expected - done
  const value = expected === 0 ? null : done / expected
  const judged = { value, normal: 1, estimate: null }
  if (expected === 0) return { ...judged, verdict: 'unknown', reason: 'no scraper of it is known' }
  const words = `${done} of ${expected} right`
  if (left === 0) return { ...judged, verdict: 'ok', reason: `all ${expected} right`, estimate: lastAt }
  if (!whole) return { ...judged, verdict: 'unknown', reason: 'not watched from its start' }
  const elapsed = now - span.start
  const early = done < ENOUGH && elapsed < EARLY * (span.deadline - span.start)
  if (early) return { ...judged, verdict: 'unknown', reason: `${words}, too early to tell` }
  const since = now - (lastAt ?? span.start)
  const pace = lastAt === null ? since : Math.max((lastAt - span.start) / done, since)
  const estimate = Math.round(now + left * pace)
  if (now >= span.deadline)
    return { ...judged, verdict: 'firing', reason: `${words} after the deadline`, estimate }
  const late = estimate - span.deadline
  if (late <= 0) return { ...judged, verdict: 'ok', reason: `${words}, in time at this pace`, estimate }
  const reason = `${words}, at this pace ${readableDuration(late)} too late`
  return { ...judged, verdict: 'firing', reason, estimate }
}
