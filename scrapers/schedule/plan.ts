/** When a scraper is due. Pure: time and chance are parameters. */
import { Cron } from 'croner'
import type { Every } from '../define/every.ts'

/** First runs are spread over so long at least, and over more where there are many: no start visits all at once. */
const FIRST_SPREAD_MS = 8000
const SPREAD_EACH_MS = 12
/** A clock that was set back by less than this changes nothing about cron expressions, and about intervals, ms. */
const CLOCK_STEP_MS = 60_000
const CLOCK_SLACK_MS = 5000
/** Due times of a cron expression that are counted one by one, at most. */
const MAX_COUNTED = 1000

/** Share of an interval by which a run may be late on purpose where its author says nothing, and the most, ms. */
const JITTER_SHARE = 0.05
const MAX_JITTER_MS = 2000

/** Never: for cron expressions that name no future day. */
export const NEVER = Number.POSITIVE_INFINITY

/** The first due time (ms since 1970) after a start at `now` with `scrapers` in all. `chance`: 0 … 1. */
export function firstDue(every: Every, now: number, chance: number, scrapers = 1): number {
  if (!('interval' in every)) return cronAfter(every, now)
  const spread = Math.max(FIRST_SPREAD_MS, scrapers * SPREAD_EACH_MS)
  return now + Math.floor(chance * Math.min(every.interval, spread))
}

/**
 * The due time after `due`, later than `now`. Intervals stay on the grid of the first run, so that they do not
 * drift.
 */
export function nextDue(every: Every, due: number, now: number): number {
  if (!('interval' in every)) return cronAfter(every, due > now + CLOCK_STEP_MS ? now : Math.max(now, due))
  // The clock was set back: what was due by the old one must not wait for it.
  if (due > now + CLOCK_SLACK_MS) return now + every.interval
  return due + Math.max(1, Math.ceil((now + 1 - due) / every.interval)) * every.interval
}

/** No due time set by this clock is later: one that is was set before the clock was set back. */
export function latestDue(every: Every, now: number): number {
  if ('interval' in every) return now + every.interval + CLOCK_SLACK_MS
  return cronAfter(every, now + CLOCK_STEP_MS)
}

/** The due times after `due` up to `now`: how many, and the newest of them, which is `due` where there is none. */
export function passed(every: Every, due: number, now: number): { count: number; newest: number } {
  if ('interval' in every) {
    const count = Math.max(0, Math.floor((now - due) / every.interval))
    return { count, newest: due + count * every.interval }
  }
  let newest = due
  let count = 0
  for (; count < MAX_COUNTED; count += 1) {
    const next = cronAfter(every, newest)
    if (next > now) return { count, newest }
    newest = next
  }
  const last = cronOf(every).previousRuns(1, new Date(now + 1))[0]
  return { count, newest: Math.max(newest, last?.getTime() ?? newest) }
}

/** The `n`th due time after `due`. */
export function dueAfter(every: Every, due: number, n: number): number {
  if ('interval' in every) return due + n * every.interval
  let at = due
  for (let i = 0; i < n; i += 1) at = cronAfter(every, at)
  return at
}

/** How long after its due time a run starts on purpose, so that equal schedules do not march in step, ms. */
export function jitter(every: Every, chance: number): number {
  if (every.jitter !== undefined) return Math.floor(chance * every.jitter)
  if (!('interval' in every)) return Math.floor(chance * MAX_JITTER_MS)
  return Math.floor(chance * Math.min(every.interval * JITTER_SHARE, MAX_JITTER_MS))
}

function cronAfter(every: Extract<Every, { cron: string }>, now: number): number {
  const next = cronOf(every).nextRun(new Date(now))
  return next === null ? NEVER : next.getTime()
}

function cronOf({ cron, timeZone }: Extract<Every, { cron: string }>): Cron {
  return new Cron(cron, { paused: true, timezone: timeZone })
}
