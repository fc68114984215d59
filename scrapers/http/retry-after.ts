/** Retry-After, as RFC 9110 writes it: seconds or a date. */

/** Longest wait believed; longer ones are more likely a mistake than a wish, and are asked again after this. */
const MAX_WAIT_MS = 7 * 86_400_000

/** Time (ms since 1970) until which a site asks to be left alone, or null where the header says nothing. */
export function retryAfter(header: string | undefined, now: number): number | null {
  if (header === undefined) return null
  const text = header.trim()
  const until = /^\d{1,10}$/.test(text) ? now + Number(text) * 1000 : Date.parse(text)
  if (!Number.isFinite(until) || until <= now) return null
  return Math.min(until, now + MAX_WAIT_MS)
}
