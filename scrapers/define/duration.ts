/** Durations in scraper files: as everywhere in Weir, with a refusal that names the place. */
import { parseDuration } from '../../engine/index.ts'
import { refuse } from './refuse.ts'

/** Whether the text reads as a duration (and not, say, as a cron expression). */
export function isDuration(text: string): boolean {
  return parseDuration(text) !== null
}

/** Milliseconds of `text`. Throws WEIR_CONFIG naming `where` when it is no duration. */
export function milliseconds(text: string, where: string): number {
  const ms = parseDuration(text)
  if (ms !== null) return ms
  throw refuse(
    where,
    `"${text}" is not a duration.`,
    'Write a number and a unit, such as "500ms", "20s", "1m" or "2h".',
  )
}
