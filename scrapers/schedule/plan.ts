/** When a scraper is due next. Pure: time and chance are parameters. */
import { Cron } from 'croner'
import type { Every } from '../define/every.ts'

/** First runs are spread over at most this, so that a start does not visit everything at once. */
const FIRST_SPREAD_MS = 8000
/** A due time further ahead than this when its run has ended: the clock was set back. */
const CLOCK_STEP_MS = 60_000

/** Share of an interval by which a run may be late on purpose, and the most, ms. */
const JITTER_SHARE = 0.05
const MAX_JITTER_MS = 2000

/** The first due time (ms since 1970) after a start at `now`. `chance`: 0 … 1. */
export function firstDue(every: Every, now: number, chance: number): number {
  if ('interval' in every) return now + Math.floor(chance * Math.min(every.interval, FIRST_SPREAD_MS))
  return cronAfter(every, now)
}

/**
 * The due time after `due`, later than `now`. Intervals stay on the grid of the first run, so that they do not
 * drift; turns that a slow run has slept through are left out and counted in `missed`.
 */
export function nextDue(every: Every, due: number, now: number): { due: number; missed: number } {
  if ('interval' in every) {
    // The clock was set back: what was due by the old one must not wait for it.
    if (due > now + every.interval) return { due: now + every.interval, missed: 0 }
    const steps = Math.max(1, Math.ceil((now + 1 - due) / every.interval))
    return { due: due + steps * every.interval, missed: steps - 1 }
  }
  return { due: cronAfter(every, due > now + CLOCK_STEP_MS ? now : Math.max(now, due)), missed: 0 }
}

/** How long after its due time a run starts, so that equal intervals do not march in step, ms. */
export function jitter(every: Every, chance: number): number {
  if (!('interval' in every)) return Math.floor(chance * MAX_JITTER_MS)
  return Math.floor(chance * Math.min(every.interval * JITTER_SHARE, MAX_JITTER_MS))
}

/** Never: for cron expressions that name no future day. */
export const NEVER = Number.POSITIVE_INFINITY

function cronAfter({ cron, timeZone }: { cron: string; timeZone: string }, now: number): number {
  const next = new Cron(cron, { paused: true, timezone: timeZone }).nextRun(new Date(now))
  return next === null ? NEVER : next.getTime()
}
