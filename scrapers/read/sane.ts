/** The author's own look at what was read: is it plausible? */
import type { BrowserScraper } from '../define/scraper.ts'
import { withinTime } from '../define/within-time.ts'
import { valuesOf } from './interpret.ts'
import { type Signals, isAnswered } from '../outcome/signals.ts'
import { messageOf } from '../outcome/unvisited.ts'

/** Longest time the author's `sane` may take. */
const SANE_MS = 1000

/** It sees only complete data, and its own failure is ours, not the site's. */
export function applySane(scraper: BrowserScraper, signals: Signals): void {
  if (scraper.sane === null || signals.fault || signals.skip) return
  const fields = Object.values(signals.fields)
  const complete = fields.every((field) => field.optional || isAnswered(field.state))
  if (fields.length === 0 || !complete) return
  try {
    const { sane } = scraper
    const verdict = withinTime(SANE_MS, () => sane(valuesOf(signals.fields)))
    if (verdict !== true) signals.insane = typeof verdict === 'string' ? verdict : 'sane() said no'
  } catch (error) {
    signals.fault = { reason: 'code', detail: `sane() threw: ${messageOf(error)}` }
  }
}
