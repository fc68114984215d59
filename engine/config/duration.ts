/** Durations as people write them, such as `5m`: read into milliseconds, and written back in the shortest form. */

/** A whole or decimal number with a unit: `500ms`, `30s`, `5m`, `1h`, `1d`. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Milliseconds of a duration, or null when `text` is none (also when it is not whole milliseconds). */
export function parseDuration(text: unknown): number | null {
  const match = typeof text === 'string' ? /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text) : null
  if (!match) return null
  const ms = Number(match[1]) * UNITS[match[2] as keyof typeof UNITS]
  return Number.isSafeInteger(ms) ? ms : null
}

/** The shortest exact way to write `ms`: 90_000 is `90s`, 3_600_000 is `1h`. */
export function formatDuration(ms: number): string {
  const unit = (['d', 'h', 'm', 's'] as const).find((name) => ms !== 0 && ms % UNITS[name] === 0) ?? 'ms'
  return `${ms / UNITS[unit]}${unit}`
}
