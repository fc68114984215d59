/** One HTTP check: status, time and pattern, recorded as signals. */
import type { HttpCheck } from '../define/check.ts'
import { maskAddress } from '../evidence/mask-address.ts'
import { type Signals, blankSignals } from '../outcome/signals.ts'
import { decodeHtml } from '../read/charset.ts'
import { type Answer, exchange } from './request.ts'
import { matches } from './matches.ts'

const MAX_BODY = 2 * 1024 * 1024
const MAX_HEAD = 64 * 1024

/** Never rejects: what goes wrong is a signal. */
export async function visitCheck(check: HttpCheck, now: () => number): Promise<Signals> {
  const answer = await exchange({ ...check, headers: {}, maxBytes: MAX_BODY, maxRedirects: 10 })
  const signals = signalsOf(check, answer, now())
  signals.expectedStatus = check.status
  if (answer.main?.status === check.status && check.match !== null && answer.error === null) {
    const result = matches(check.match, decodeHtml(answer.body, answer.main.headers['content-type']))
    if ('error' in result) signals.fault = { reason: 'config', detail: result.error }
    else if (!result.ok) {
      signals.content = {
        outcome: 'layout_changed',
        reason: 'pattern',
        detail: `nothing matches /${check.match.source.slice(0, 100)}/${check.match.flags} in ${answer.body.length} bytes`,
      }
    }
  }
  return signals
}

/** What an exchange says, before anybody looks into the body. */
export function signalsOf(target: Parameters<typeof blankSignals>[0], answer: Answer, now: number): Signals {
  return {
    ...blankSignals(target),
    finalUrl: maskAddress(answer.finalUrl),
    redirects: answer.redirects,
    certDays: answer.certEnds === null ? null : daysUntil(answer.certEnds, now),
    // Once a redirect was followed something was sent, and a site that leads inside is no plan of ours.
    [answer.redirects === 0 ? 'skip' : 'fault']:
      answer.refused === null ? null : { reason: 'private_target', detail: answer.refused },
    error: answer.error,
    mainFailed: answer.bodyError,
    main: answer.main,
    bodyHead: answer.body.subarray(0, MAX_HEAD).toString('utf8'),
    bodyBytes: answer.body.length,
    timings: { total: 0, ...answer.timings },
  }
}

/** Whole days, rounded down: what ends tonight has none left. */
export function daysUntil(end: number, now: number): number {
  return Math.floor((end - now) / 86_400_000)
}
