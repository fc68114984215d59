/** From recorded signals to exactly one outcome, with its reason and one line of evidence. First match wins. */
import type { Outcome } from '../../engine/index.ts'
import { maskAddresses } from '../evidence/mask-address.ts'
import { bodyChallenge, disguisedRateLimit, headerChallenge } from './challenge.ts'
import { fieldVerdict } from './fields.ts'
import { identityPasses } from './identity.ts'
import { isLoginPage } from './login.ts'
import { networkVerdict } from './network.ts'
import { sameSite } from './same-site.ts'
import { isAnswered, type Signals } from './signals.ts'

export interface Verdict {
  outcome: Outcome
  reason: string
  /** One line for people, at most 300 characters. */
  detail: string
}

/** What several rules ask, worked out once. */
interface Facts {
  /** Landmarks were declared and enough of them are there. */
  identity: boolean
  /** The page is the page and every required field was read: content that wins over what a status says. */
  complete: boolean
  status: number | null
  /** The status is the one an HTTP check wants. */
  asExpected: boolean
}

type Rule = (signals: Signals, facts: Facts) => Verdict | null

/** The taxonomy in its order; each rule may rely on all earlier ones having passed. */
const RULES: Rule[] = [
  skipped,
  crashed,
  networkProxy,
  rateLimited,
  blocked,
  authFailed,
  siteDown,
  gone,
  layout,
  fields,
]

/** Judges a run. Pure: the same signals always give the same verdict. */
export function judge(signals: Signals): Verdict {
  const facts = factsOf(signals)
  for (const rule of RULES) {
    const found = rule(signals, facts)
    if (found) return { ...found, detail: oneLine(found.detail) }
  }
  return { outcome: 'ok', ...flag(signals) }
}

/** What is worth a word on a run that is right. */
function flag({ error, certDays, certLimit, challengeSeen, fields }: Signals): Omit<Verdict, 'outcome'> {
  const all = Object.entries(fields)
  const healed = all.filter(([, { state }]) => state === 'healed')
  if (healed.length > 0)
    return {
      reason: 'healed',
      detail: oneLine(healed.map(([name, { note }]) => `${name}: ${note}`).join('; ')),
    }
  const doubted = all.flatMap(([name, { doubt }]) =>
    doubt === undefined ? [] : [`${name}: the page states ${doubt}`],
  )
  if (doubted.length > 0) return { reason: 'doubted', detail: oneLine(doubted.join('; ')) }
  if (error !== null) return { reason: 'slow', detail: 'complete, though the page never finished loading' }
  if (certDays !== null && certDays < certLimit) {
    const left = certDays < 1 ? 'within a day' : `in ${certDays} ${certDays === 1 ? 'day' : 'days'}`
    return { reason: 'certificate', detail: `the certificate ends ${left}` }
  }
  if (challengeSeen !== null)
    return { reason: 'challenge_seen', detail: oneLine(`complete, though ${challengeSeen}`) }
  return { reason: 'all_valid', detail: '' }
}

function factsOf(signals: Signals): Facts {
  const identity = identityPasses(signals.landmarks.map((mark) => mark.matched))
  const status = signals.main?.status ?? null
  const results = Object.values(signals.fields)
  // An API's events are held against their stream one by one, and `content` says what came of that.
  const readable =
    signals.kind === 'json' || results.every((field) => field.optional || isAnswered(field.state))
  const asExpected = signals.expectedStatus !== null && status === signals.expectedStatus
  // Pages may carry their content under an odd status; a check or an API says yes only with its status.
  const welcome = signals.kind === 'browser' || asExpected || (signals.kind === 'json' && isSuccess(status))
  const answered = signals.main !== null && welcome && signals.content === null && signals.insane === null
  return {
    identity,
    complete: answered && identity && readable && (signals.kind !== 'browser' || results.length > 0),
    status,
    asExpected,
  }
}

function isSuccess(status: number | null): boolean {
  return status !== null && status >= 200 && status < 300
}

function skipped({ skip }: Signals): Verdict | null {
  return skip && { outcome: 'skipped', reason: skip.reason, detail: skip.detail }
}

function crashed({ fault, error, download, main }: Signals): Verdict | null {
  if (fault) return { outcome: 'crashed', reason: fault.reason, detail: fault.detail }
  if (error === null)
    return main === null
      ? { outcome: 'crashed', reason: 'page', detail: 'no answer, and no error either' }
      : null
  // Downloads and 204 abort a navigation too: those are the site's doing, and judged as such below.
  if (/ERR_ABORTED/.test(error) && !download && main?.status !== 204) {
    return { outcome: 'crashed', reason: 'page', detail: error }
  }
  const verdict = networkVerdict(error)
  // An error that nobody knows is no evidence against the site.
  if (verdict === null && main === null && !/ERR_ABORTED/.test(error))
    return { outcome: 'crashed', reason: 'page', detail: error }
  return verdict?.outcome === 'crashed' ? { ...verdict, detail: error } : null
}

function networkProxy({ error, main, exit }: Signals): Verdict | null {
  if (main?.status === 407)
    return { outcome: 'proxy_failed', reason: 'auth', detail: 'the proxy answered 407' }
  if (error === null) return null
  if (exit !== 'direct' && main === null && /ERR_EMPTY_RESPONSE/.test(error)) {
    const detail = `nothing came through ${exit}: only another exit can tell whether that is the site's fault`
    return { outcome: 'proxy_failed', reason: 'unsure', detail }
  }
  const verdict = networkVerdict(error)
  return verdict?.outcome === 'proxy_failed' ? { ...verdict, detail: error } : null
}

function rateLimited(signals: Signals, { status, identity, asExpected }: Facts): Verdict | null {
  if (asExpected || signals.main === null) return null
  const wait = signals.main.headers['retry-after']
  const says = wait === undefined ? '' : `, Retry-After: ${wait}`
  if (status === 429)
    return { outcome: 'rate_limited', reason: '429', detail: `the site answered 429${says}` }
  if ((status === 503 || status === 403) && wait !== undefined) {
    return { outcome: 'rate_limited', reason: 'retry_after', detail: `the site answered ${status}${says}` }
  }
  const disguised = disguisedRateLimit(signals, identity && signals.landmarks.length > 0)
  return disguised === null ? null : { outcome: 'rate_limited', reason: 'waiting', detail: disguised }
}

function blocked(signals: Signals, { status, complete, identity, asExpected }: Facts): Verdict | null {
  if (signals.main === null) return null
  const byHeader = headerChallenge(signals.main.headers)
  if (byHeader) {
    return { outcome: 'blocked', reason: byHeader.reason, detail: `${byHeader.vendor}: ${byHeader.sign}` }
  }
  if (complete) return null
  // Content wins: with declared landmarks in place no word in the body makes it a block page.
  const byBody = identity && signals.landmarks.length > 0 ? null : bodyChallenge(signals)
  if (byBody) return { outcome: 'blocked', reason: byBody.reason, detail: `${byBody.vendor}: ${byBody.sign}` }
  if (asExpected) return null
  if (status === 451) return { outcome: 'blocked', reason: 'geo', detail: 'the site answered 451' }
  if (status === 403 && !isLoginPage(signals) && !signals.loginMarker) {
    return { outcome: 'blocked', reason: 'forbidden', detail: 'the site answered 403' }
  }
  return null
}

function authFailed(signals: Signals, { status, complete, identity, asExpected }: Facts): Verdict | null {
  if (asExpected) return null
  if (status === 401) return { outcome: 'auth_failed', reason: '401', detail: 'the site answered 401' }
  if (complete || signals.main === null) return null
  if (signals.loginMarker) {
    return {
      outcome: 'auth_failed',
      reason: 'login',
      detail: `a login page stands at ${signals.finalUrl ?? signals.url}`,
    }
  }
  // A login form means something only where the page is not the page.
  const unknown = !identity || signals.landmarks.length === 0
  if (unknown && isLoginPage(signals)) {
    return {
      outcome: 'auth_failed',
      reason: 'login',
      detail: 'a password is asked for where content was expected',
    }
  }
  return null
}

function siteDown(signals: Signals, { status, complete, asExpected }: Facts): Verdict | null {
  if (signals.mainFailed !== null) {
    return { outcome: 'site_down', reason: 'truncated', detail: `the body was cut: ${signals.mainFailed}` }
  }
  if (signals.error !== null && !/ERR_ABORTED/.test(signals.error)) {
    const verdict = networkVerdict(signals.error) ?? { outcome: 'site_down' as const, reason: 'bad_response' }
    // A page that never finishes loading but was read whole is slow, not down; of a check or an API nothing was read.
    const slow = verdict.reason === 'timeout' && complete && signals.kind === 'browser'
    if (!slow) return { ...verdict, detail: signals.error }
  }
  if (status === null || asExpected) return null
  if (status >= 500) return { outcome: 'site_down', reason: 'http5xx', detail: `the site answered ${status}` }
  const gone = signals.kind === 'browser' && (status === 404 || status === 410)
  if (status >= 400 && !gone && !complete) {
    return { outcome: 'site_down', reason: 'http4xx', detail: `the site answered ${status}` }
  }
  // An HTTP check reads nothing: for it any refusal means down.
  if (signals.expectedStatus !== null && status >= 400) {
    return {
      outcome: 'site_down',
      reason: 'http4xx',
      detail: `the site answered ${status}, not ${signals.expectedStatus}`,
    }
  }
  return null
}

function gone({ kind, url, finalUrl }: Signals, { status }: Facts): Verdict | null {
  if (kind !== 'browser' || (status !== 404 && status !== 410)) return null
  // Another site's 404 says nothing about what was asked for here.
  if (finalUrl !== null && !sameSite(url, finalUrl)) return null
  return { outcome: 'absent', reason: String(status), detail: `the site answers ${status} for ${url}` }
}

function layout(signals: Signals, { identity, status, asExpected }: Facts): Verdict | null {
  if (signals.download || status === 204) {
    if (!asExpected)
      return { outcome: 'layout_changed', reason: 'identity', detail: 'no page came, but a file or nothing' }
  }
  if (signals.expectedStatus !== null && !asExpected) {
    return {
      outcome: 'layout_changed',
      reason: 'status',
      detail: `the site answered ${status}, not ${signals.expectedStatus}`,
    }
  }
  if (signals.kind === 'json' && !isSuccess(status)) {
    return {
      outcome: 'layout_changed',
      reason: 'status',
      detail: `the site answered ${status}, without content`,
    }
  }
  if (signals.finalUrl !== null && !sameSite(signals.url, signals.finalUrl)) {
    return { outcome: 'layout_changed', reason: 'redirected', detail: `redirected to ${signals.finalUrl}` }
  }
  if (!identity) {
    const lost = signals.landmarks.filter((mark) => !mark.matched).map((mark) => `"${mark.source}"`)
    const title = signals.title === '' ? '' : ` The page is titled "${signals.title.slice(0, 80)}".`
    return {
      outcome: 'layout_changed',
      reason: 'identity',
      detail: `not the page: ${lost.join(', ')} not found.${title}`,
    }
  }
  return signals.content
}

function fields(signals: Signals): Verdict | null {
  if (signals.kind === 'json') return null
  return fieldVerdict(signals.fields, signals.insane, signals.optionalShare)
}

/** Site text is kept verbatim but for secrets in addresses, and for control characters, so that one line stays one line. */
function oneLine(text: string): string {
  return maskAddresses(text)
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, 300)
}
