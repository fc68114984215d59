/** Durations as people write them: `500ms`, `20s`, `1m`, `2h`, `1d`. */
import { WeirError } from '../../engine/index.ts'

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const PATTERN = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/

/** Whether the text reads as a duration (and not, say, as a cron expression). */
export function isDuration(text: string): boolean {
  return PATTERN.test(text.trim())
}

/** Milliseconds of `text`. Throws WEIR_CONFIG naming `where` when it is no duration. */
export function milliseconds(text: string, where: string): number {
  const match = PATTERN.exec(text.trim())
  if (!match) {
    throw new WeirError(`"${text}" is not a duration.`, {
      code: 'WEIR_CONFIG',
      domain: 'user',
      retry: false,
      where,
      todo: 'Write a number and a unit, such as "500ms", "20s", "1m" or "2h".',
    })
  }
  return Number(match[1]) * (UNITS[match[2] ?? ''] ?? 1)
}
