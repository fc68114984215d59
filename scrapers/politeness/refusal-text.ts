/** Why a visit is refused, in one line for people. */
import type { RefusalReason } from './gate.ts'

/** From so long on people are told what they can do about it, ms. */
const LONG_MS = 3_600_000
const liftHint = (site: string): string =>
  `; POST /v1/holds/${encodeURIComponent(site)}/lift ends it where the site does not mean it`

/** `left`: for how much longer, ms; `why`: the word of the scripts. */
export function refusalText(
  site: string,
  reason: Exclude<RefusalReason, 'robots'>,
  left: number,
  why: string,
): string {
  const seconds = Math.max(1, Math.ceil(left / 1000))
  const rest = `no visit for another ${seconds} s`
  switch (reason) {
    case 'hold':
      return `${site} ${why === 'asked' ? 'asked for it (Retry-After)' : 'throttles'}: ${rest}${left < LONG_MS ? '' : liftHint(site)}`
    case 'blocked':
      return why === 'probe'
        ? `${site} blocked us: another visit finds out whether it still does`
        : `${site} blocked us: ${rest}`
    case 'breaker':
      return why === 'probe'
        ? `${site} is down: another visit finds out whether it is back`
        : `${site} is down: ${rest}`
    case 'budget':
      return `the visits of ${site} for this hour are used up: ${rest}`
    case 'no_permit':
      return why === 'busy'
        ? `as many visits of ${site} as may be are under way`
        : `${site} has no free turn for another ${seconds} s`
    case 'no_proxy':
      return `no proxy for ${site} can be used: ${rest}`
  }
}
