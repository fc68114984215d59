/** Signatures of bot challenges and block pages: headers decide alone, bodies only where the page is not the page. */
import type { Signals } from './signals.ts'

export interface Challenge {
  vendor: string
  reason: 'challenge' | 'captcha' | 'forbidden' | 'geo'
  /** The sign that was seen. */
  sign: string
}

/** Decisive on their own: documented headers that are sent with challenges and never with content. */
export function headerChallenge(headers: Record<string, string>): Challenge | null {
  const mitigated = headers['cf-mitigated']
  if (mitigated?.toLowerCase() === 'challenge') {
    return { vendor: 'Cloudflare', reason: 'challenge', sign: 'header cf-mitigated: challenge' }
  }
  const waf = headers['x-amzn-waf-action']?.toLowerCase()
  if (waf === 'challenge' || waf === 'captcha') {
    return { vendor: 'AWS WAF', reason: waf, sign: `header x-amzn-waf-action: ${waf}` }
  }
  return null
}

interface Signature {
  vendor: string
  reason: Challenge['reason']
  sign: string
  body: RegExp
  /** Only with one of these statuses; the sign alone is too weak. */
  statuses?: number[]
  /** Only in bodies shorter than this many bytes. */
  under?: number
}

const REFUSALS = [401, 403, 405, 429, 503]

// The weak signs (server: cloudflare, the word "captcha", px cookies) are left out on purpose: on real good pages
// they are found by the dozen. Each pattern is linear and runs over at most 64 KB.
const SIGNATURES: Signature[] = [
  {
    vendor: 'Cloudflare',
    reason: 'challenge',
    sign: 'challenge platform script',
    body: /\/cdn-cgi\/challenge-platform\/[^"'\s]{0,200}orchestrate/,
  },
  { vendor: 'Cloudflare', reason: 'challenge', sign: 'challenge form', body: /__cf_chl_f_tk/ },
  {
    vendor: 'Cloudflare',
    reason: 'challenge',
    sign: 'title "Just a moment..."',
    body: /<title>Just a moment\.\.\.<\/title>/i,
    statuses: [403, 503],
  },
  {
    vendor: 'Cloudflare',
    reason: 'geo',
    sign: 'error code 1009 (country banned)',
    body: /<span class="cf-error-code">1009/,
  },
  {
    vendor: 'Cloudflare',
    reason: 'forbidden',
    sign: 'error code 10xx',
    body: /<span class="cf-error-code">10\d\d/,
  },
  {
    vendor: 'Akamai',
    reason: 'forbidden',
    sign: 'reference number',
    body: /Reference (?:&#32;)?(?:#|&#35;)\d{1,3}(?:\.|&#46;)[0-9a-f]{6,12}(?:\.|&#46;)\d{9,11}(?:\.|&#46;)[0-9a-f]+/i,
    statuses: [403],
  },
  { vendor: 'Akamai', reason: 'forbidden', sign: 'errors.edgesuite.net', body: /errors\.edgesuite\.net/ },
  { vendor: 'HUMAN', reason: 'captcha', sign: 'captcha.px-cdn.net', body: /captcha\.px-cdn\.net/ },
  { vendor: 'HUMAN', reason: 'captcha', sign: '#px-captcha', body: /id=["']px-captcha["']/ },
  {
    vendor: 'HUMAN',
    reason: 'captcha',
    sign: 'title "Access to this page has been denied"',
    body: /<title>Access to this page has been denied/i,
  },
  {
    vendor: 'DataDome',
    reason: 'captcha',
    sign: 'captcha-delivery.com',
    body: /captcha-delivery\.com/,
    statuses: [401, 403],
    under: 5120,
  },
  {
    vendor: 'Imperva',
    reason: 'challenge',
    sign: 'iframe _Incapsula_Resource',
    body: /<iframe[^>]{0,300}_Incapsula_Resource/i,
  },
  { vendor: 'Imperva', reason: 'forbidden', sign: 'Incapsula incident ID', body: /Incapsula incident ID/ },
  {
    vendor: 'Sucuri',
    reason: 'forbidden',
    sign: 'Sucuri WebSite Firewall',
    body: /Sucuri WebSite Firewall/i,
  },
  {
    vendor: 'Kasada',
    reason: 'challenge',
    sign: 'KPSDK.scriptStart',
    body: /KPSDK\.scriptStart\s*=\s*KPSDK\.now\(\)/,
  },
  {
    vendor: 'unknown',
    reason: 'captcha',
    sign: 'captcha widget on a small refusal',
    body: /class=["'](?:g-recaptcha|h-captcha|cf-turnstile)["']|challenges\.cloudflare\.com\/turnstile/,
    statuses: REFUSALS,
    under: 5120,
  },
]

/** A block or challenge page by its body. Callers must ask only where page identity fails: content wins. */
export function bodyChallenge(signals: Pick<Signals, 'main' | 'bodyHead' | 'bodyBytes'>): Challenge | null {
  const status = signals.main?.status ?? 0
  for (const { vendor, reason, sign, body, statuses, under } of SIGNATURES) {
    if (statuses && !statuses.includes(status)) continue
    if (under !== undefined && signals.bodyBytes >= under) continue
    if (body.test(signals.bodyHead)) return { vendor, reason, sign: `${sign} in the body` }
  }
  return null
}

/** The pieces of a body that its verdict may depend on. */
export function bodySigns(body: string): string[] {
  return [...SIGNATURES.map((each) => each.body), RATE_LIMIT].flatMap((sign) => sign.exec(body)?.[0] ?? [])
}

const RATE_LIMIT = /<span class="cf-error-code">1015/

/** Throttling that does not say 429: a Cloudflare 1015 page, or a waiting room. */
export function disguisedRateLimit(signals: Signals, recognised: boolean): string | null {
  if (recognised) return null
  if (/__cfwaitingroom/.test(signals.main?.headers['set-cookie'] ?? '')) return 'a Cloudflare waiting room'
  if (RATE_LIMIT.test(signals.bodyHead)) return 'Cloudflare error 1015'
  return null
}
