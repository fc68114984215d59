/** Retry-After, as RFC 9110 writes it: seconds or a date. */
import type { Wish } from '../politeness/gate.ts'

/**
 * How long a site asks to be left alone, in full, or null where the header says nothing. A date is read by the
 * site's own clock where the answer tells it (`date`): neither ours nor theirs need be right.
 */
export function retryAfter(header: string | undefined, date: string | undefined): Wish | null {
  if (header === undefined) return null
  const text = header.trim()
  if (/^\d{1,10}$/.test(text)) return Number(text) === 0 ? null : { for: Number(text) * 1000 }
  const until = Date.parse(text)
  if (!Number.isFinite(until)) return null
  const theirs = Date.parse(date ?? '')
  if (!Number.isFinite(theirs)) return { until }
  return until > theirs ? { for: until - theirs } : null
}
