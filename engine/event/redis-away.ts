/** The error for a Redis that cannot be reached. */
import { WeirError } from '../error.ts'

/** `what` did not happen; `cause` is the last thing Redis or the network said, null if nothing. */
export function redisAway(what: string, cause: unknown, where?: string, todo?: string): WeirError {
  const why = cause instanceof Error ? cause.message : 'no answer'
  return new WeirError(`${what}: ${why}.`, {
    code: 'WEIR_REDIS_AWAY',
    domain: 'external',
    retry: true,
    ...(where === undefined ? {} : { where }),
    todo: todo ?? 'Check that Redis is running and reachable.',
    cause,
  })
}
