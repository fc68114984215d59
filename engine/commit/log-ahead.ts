/** What people are told when the ids of a log are ahead of the server's clock. Pure. */
import { WeirError } from '../error.ts'

/** An id this far (ms) beyond server time makes log time mean nothing. The scripts know it by the same number. */
export const AHEAD_LIMIT = 60_000

export function isAhead(last: string, now: number): boolean {
  return Number.parseInt(last) > now + AHEAD_LIMIT
}

/** `last`: newest id of the log; `now`: server time, ms. */
export function logAhead(log: string, last: string, now: number): WeirError {
  const by = Math.round((Number.parseInt(last) - now) / 1000)
  return new WeirError(
    `the newest id ${last} is ${by} s ahead of the server's clock: its rules are unknown.`,
    {
      code: 'WEIR_LOG_AHEAD',
      domain: 'external',
      retry: true,
      where: log,
      todo: 'Counting goes on. Let it pass, or take the log back: docs/operations.md, "A log ahead of the clock".',
    },
  )
}
