/** Which pages are worth nothing without a browser, remembered for a while: each is tried again, sites change. */

/** How long one is remembered, ms. */
const KEEP_MS = 6 * 3_600_000
const MAX_PAGES = 100_000

export interface BrowserMemory {
  /** Whether the page of this scraper, in this version, has needed a browser lately. */
  has(scraper: string, version: string, now: number): boolean
  add(scraper: string, version: string, now: number): void
}

export function browserMemory(): BrowserMemory {
  const until = new Map<string, number>()
  const keyOf = (scraper: string, version: string) => `${scraper} ${version}`
  return {
    has(scraper, version, now) {
      const end = until.get(keyOf(scraper, version))
      if (end !== undefined && end <= now) until.delete(keyOf(scraper, version))
      return end !== undefined && end > now
    },
    add(scraper, version, now) {
      if (until.size >= MAX_PAGES) until.clear()
      until.set(keyOf(scraper, version), now + KEEP_MS)
    },
  }
}
