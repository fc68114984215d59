/** Runs that were skipped are told at most once a minute per scraper: a long hold must not flood the stream. */

const EVERY_MS = 60_000

/**
 * Says whether a skipped run of `scraper` is told now. Runs that took place are always told, and the first skip
 * after one is as well. What is left out is counted.
 */
export function skipLimit(): {
  tells(scraper: string, isSkip: boolean, now: number): boolean
  readonly untold: number
} {
  const told = new Map<string, number>()
  let untold = 0
  return {
    tells(scraper, isSkip, now) {
      if (!isSkip) {
        told.delete(scraper)
        return true
      }
      const last = told.get(scraper)
      if (last !== undefined && now - last < EVERY_MS) {
        untold += 1
        return false
      }
      told.set(scraper, now)
      return true
    },
    get untold() {
      return untold
    },
  }
}
