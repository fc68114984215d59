/** Where alerts came from, for whoever shows them: asked of Redis, kept for a second, and never in the way. */
import { type Alert, type Deploys, MAX_MARKS, type Origin, originOf, scrapersOf } from '../../engine/index.ts'
import { sharedRead } from '../fleet/shared-read.ts'

export interface Origins {
  /** By alert id; nothing of an alert of which nothing is known. Empty where Redis is away. */
  of(alerts: readonly Alert[]): Promise<Map<string, Origin>>
}

/** Marks are read again after this, ms. */
const FRESH = 1000
/** Scrapers asked about at once. */
const AT_ONCE = 1000

export function createOrigins(deploys: Deploys, clock: () => number): Origins {
  const newest = { to: Number.MAX_SAFE_INTEGER, limit: MAX_MARKS }
  const marks = sharedRead(() => deploys.marks(newest), clock, FRESH)

  return {
    async of(alerts) {
      const found = new Map<string, Origin>()
      if (alerts.length === 0) return found
      try {
        const scrapers = [...new Set(alerts.flatMap(scrapersOf))].slice(0, AT_ONCE)
        const [known, histories] = await Promise.all([marks.read(), deploys.histories(scrapers)])
        for (const alert of alerts) {
          const origin = originOf(alert, known, histories)
          if (origin !== null) found.set(alert.id, origin)
        }
      } catch {
        // An alert without its origin is worth more than none.
      }
      return found
    },
  }
}
