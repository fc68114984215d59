/** When a scraper runs: a fixed interval, or a cron expression in a time zone. */
import { Cron } from 'croner'
import { isDuration, milliseconds } from './duration.ts'
import { refuse } from './refuse.ts'

/** `jitter`: a run starts up to so many ms after its due time, at random; absent: a small share. */
export type Every = ({ interval: number } | { cron: string; timeZone: string }) & { jitter?: number }

/** Shortest interval accepted: below it a typing error would hammer a site. */
export const MIN_INTERVAL = 500

/** A text that changes when it does, as it stands in Redis; and back. */
export function everyText(every: Every): string {
  return JSON.stringify(every)
}
export function readEvery(text: string): Every {
  return JSON.parse(text) as Every
}

/** Parses `1m` or `0 7 * * 1-5`. Throws WEIR_CONFIG naming `where`. */
export function every(text: string, timeZone: string | undefined, where: string): Every {
  if (isDuration(text)) {
    const interval = milliseconds(text, where)
    if (interval < MIN_INTERVAL)
      throw refuse(where, `"${text}" is too often.`, `Use at least ${MIN_INTERVAL}ms.`)
    return { interval }
  }
  try {
    // Paused and never given a function: only parsed.
    new Cron(text, { paused: true, timezone: timeZone ?? 'UTC' }).nextRun()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw refuse(
      where,
      `"${text}" is neither an interval nor a cron expression (${reason}).`,
      'Write "1m" or "0 7 * * 1-5".',
    )
  }
  return { cron: text, timeZone: timeZone ?? 'UTC' }
}
