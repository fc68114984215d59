/** Times and durations as they stand in URLs: `-24h`, `now`, ms since 1970, ISO 8601; `90s`, `5m`, `1h`. */
import { parseDuration } from '../../engine/index.ts'
import { bad } from './query.ts'

/** Milliseconds (above 0) of a duration such as `5m`; throws WEIR_QUERY naming `parameter`. */
export function durationMs(text: string, parameter: string): number {
  const ms = parseDuration(text)
  if (ms !== null && ms > 0) return ms
  throw bad(`${quote(text)} is not a duration.`, 'Write it like 30s, 5m, 1h or 1d.', parameter)
}

/** Milliseconds since 1970 of a time in a URL, read at `now`; throws WEIR_QUERY naming `parameter`. */
export function momentMs(text: string, parameter: string, now: number): number {
  if (text === 'now') return now
  if (/^\d{1,15}$/.test(text)) return Number(text)
  if (text.startsWith('-')) return now - durationMs(text.slice(1), parameter)
  // Date.parse alone takes nonsense such as "1 apple"; only ISO 8601 with a zone (or a bare date, UTC) is meant.
  if (/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(text)) {
    const ms = Date.parse(text)
    if (Number.isFinite(ms)) return ms
  }
  throw bad(
    `${quote(text)} is not a time.`,
    'Write ms since 1970, an ISO time with zone (2026-01-31T12:00:00Z), or a relative one (-24h, now).',
    parameter,
  )
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 40))
}
