/** The event of the built-in stream `accounting`: how one account has changed since it was last told. */
import type { Totals } from './account.ts'

/** Name of the built-in stream. */
export const ACCOUNTING = 'accounting'

/** The numbers are changes, so that sums over windows are right; one may be negative, as when a hole is filled. */
export interface AccountingEvent extends Totals {
  stream: string
  partition: number
  /** Id of the producer; `flat` for events without one, `__other__` for those that are not accounted apart. */
  producer: string
  /** What its id begins with: the name it was given, which outlives a restart. */
  name: string
  /** Start of the minute, fixed by the producer, ms since 1970. */
  minute: number
}

/** The readable part of an id `name~startMs~nonce`. */
export function nameOf(producer: string): string {
  const end = producer.indexOf('~')
  return end > 0 ? producer.slice(0, end) : producer
}
