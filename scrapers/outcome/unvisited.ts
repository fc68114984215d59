/** What is recorded of a run that came to no visit, or that broke by a fault of our own. */
import { maskAddresses } from '../evidence/mask-address.ts'
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

/** Longer messages are looked at to here only. */
const MAX_LOOKED_AT = 20_000

/** At most 300 characters. Cut last: of an address that ends too early nobody sees what was to be masked. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return maskAddresses(message.slice(0, MAX_LOOKED_AT)).slice(0, 300)
}
