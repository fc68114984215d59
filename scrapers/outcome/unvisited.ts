/** What is recorded of a run that came to no visit, or that broke by a fault of our own. */
import type { Scraper } from '../index.ts'
import { type Signals, blankSignals } from './signals.ts'

export function skipped(
  scraper: Scraper,
  reason: NonNullable<Signals['skip']>['reason'],
  detail: string,
): Signals {
  return { ...blankSignals(scraper), skip: { reason, detail } }
}

export function faulty(
  scraper: Scraper,
  reason: NonNullable<Signals['fault']>['reason'],
  error: unknown,
): Signals {
  return { ...blankSignals(scraper), fault: { reason, detail: messageOf(error) } }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 300) : String(error).slice(0, 300)
}
