/** Whether a page that was read without a browser deserves one: its scripts may fill in what was not there. Pure. */
import type { Verdict } from './judge.ts'
import type { Signals } from './signals.ts'

/**
 * Only a page that came whole and well, and lacks what scripts could bring. A refusal, a challenge or a login page is an
 * answer, and going there again by other means would be evasion.
 */
export function needsBrowser(
  { main, skip, error, via, fault }: Signals,
  { outcome, reason }: Verdict,
): boolean {
  if (via !== 'http' || main === null || skip !== null || error !== null) return false
  if (main.status < 200 || main.status > 299) return false
  if (fault !== null) return fault.reason === 'hung'
  if (outcome === 'layout_changed') return reason === 'selector' || reason === 'identity'
  return outcome === 'partial' || (outcome === 'invalid_data' && reason === 'schema')
}
