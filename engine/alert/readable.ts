/** Numbers and durations as people write them. */
import type { Stat } from '../config/compiled.ts'

/** `null` reads as "unknown". Ratios are percent; at most three significant digits below 1,000. */
export function readableValue(value: number | null, stat: Stat, unit: string): string {
  if (value === null) return 'unknown'
  if (stat === 'ratio') return `${readableNumber(value * 100)} %`
  const text = readableNumber(value)
  if (stat === 'count') return text
  if (stat === 'rate') return `${text}/s`
  return unit === '' ? text : `${text} ${unit}`
}

export function readableNumber(value: number): string {
  const size = Math.abs(value)
  if (size >= 1000) return Math.round(value).toLocaleString('en-US')
  if (size >= 100 || Number.isInteger(value)) return String(Math.round(value))
  return String(Number(value.toPrecision(3)))
}

/** `90000` reads as `90 s`, `600000` as `10 min`. */
export function readableDuration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`
  const hours = Math.round(minutes / 60)
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`
}
