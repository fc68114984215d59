/** What a check says. Pure. */
import type { Facts, RedisFacts } from './facts.ts'

/** `warn`: it works, yet something may surprise, or could not be looked at. `fail`: Weir cannot work, or would lose data. */
export type Verdict = 'ok' | 'warn' | 'fail'

export interface Finding {
  check: string
  verdict: Verdict
  /** What was found. */
  says: string
  /** What to do; null where there is nothing. */
  todo: string | null
}

/** A pure judgement. Null: there is nothing to judge here. */
export type Check = (facts: Facts) => Finding | null

/** A check of the server: says nothing where it could not be reached; the check `redis` says that. */
export function ofRedis(judge: (redis: RedisFacts) => Finding | null): Check {
  return ({ redis }) => ('away' in redis ? null : judge(redis))
}

export const ok = (check: string, says: string): Finding => ({ check, verdict: 'ok', says, todo: null })
export const warn = (check: string, says: string, todo: string): Finding => ({
  check,
  verdict: 'warn',
  says,
  todo,
})
export const fail = (check: string, says: string, todo: string): Finding => ({
  check,
  verdict: 'fail',
  says,
  todo,
})

/** For a server that does not let us see its settings. */
export function unseen(check: string, setting: string, wanted: string): Finding {
  return warn(
    check,
    `could not look: CONFIG is not allowed here, so ${setting} is unknown`,
    `See to it in the console of the service: ${wanted}.`,
  )
}
