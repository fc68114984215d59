/** The taxonomy, case by case: each signal on its own, and the pairs that are easily confused. */
import { describe, expect, test } from 'vitest'
import { WeirError } from '../../engine/index.ts'
import { maskAddress } from '../evidence/mask-address.ts'
import { judge } from './judge.ts'
import { readSignals, recordSignals } from './recorded.ts'
import { answered, checked, field, marks, okField, page } from './signals.fixture.ts'
import type { Signals } from './signals.ts'

// Challenge pages cannot be recorded here: these are made by hand after the vendors' documented marks.
const CLOUDFLARE =
  '<title>Just a moment...</title><script src="/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1"></script>'
const AKAMAI = '<h1>Access Denied</h1>Reference #18.2d351ab8.1557333295.a4e16ab'
const lost = { landmarks: marks(0, 3), fields: { balance: field('missing') } }

const cases: [string, Signals, string][] = [
  // 1 skipped
  ['a hold', page({ skip: { reason: 'hold', detail: 'until later' }, main: null }), 'skipped.hold'],
  [
    'a private target',
    checked({ skip: { reason: 'private_target', detail: '' }, main: null }),
    'skipped.private_target',
  ],
  ['robots.txt says no', page({ skip: { reason: 'robots', detail: '' }, main: null }), 'skipped.robots'],
  ['the breaker is open', page({ skip: { reason: 'breaker', detail: '' }, main: null }), 'skipped.breaker'],
  ['the budget is spent', page({ skip: { reason: 'budget', detail: '' }, main: null }), 'skipped.budget'],
  // 2 crashed
  ['the page crashed', page({ fault: { reason: 'page', detail: 'Page crashed!' } }), 'crashed.page'],
  ['the browser died', page({ fault: { reason: 'browser', detail: '' }, main: null }), 'crashed.browser'],
  ['no browser', page({ fault: { reason: 'launch', detail: '' }, main: null }), 'crashed.launch'],
  ['our code threw', page({ fault: { reason: 'code', detail: '' } }), 'crashed.code'],
  ['a port nobody may use', page({ error: 'net::ERR_UNSAFE_PORT', main: null }), 'crashed.config'],
  [
    'our own network is down',
    page({ error: 'net::ERR_INTERNET_DISCONNECTED', main: null }),
    'crashed.config',
  ],
  ['aborted for no reason', page({ error: 'net::ERR_ABORTED', main: null }), 'crashed.page'],
  ['an error that nobody knows', page({ error: 'net::ERR_WHAT_IS_THIS', main: null }), 'crashed.page'],
  ['out of file handles', checked({ error: 'EMFILE: too many', main: null }), 'crashed.config'],
  // 3 proxy_failed
  ['proxy refused', page({ error: 'net::ERR_PROXY_CONNECTION_FAILED', main: null }), 'proxy_failed.connect'],
  ['tunnel refused', page({ error: 'net::ERR_TUNNEL_CONNECTION_FAILED', main: null }), 'proxy_failed.tunnel'],
  ['SOCKS refused', page({ error: 'net::ERR_SOCKS_CONNECTION_FAILED', main: null }), 'proxy_failed.connect'],
  [
    "the proxy's certificate",
    page({ error: 'net::ERR_PROXY_CERTIFICATE_INVALID', main: null }),
    'proxy_failed.tls',
  ],
  [
    'the proxy wants a password',
    page({ error: 'net::ERR_PROXY_AUTH_UNSUPPORTED', main: null }),
    'proxy_failed.auth',
  ],
  [
    'nothing through a proxy',
    page({ error: 'net::ERR_EMPTY_RESPONSE', main: null, exit: 'de-1' }),
    'proxy_failed.unsure',
  ],
  ['407', page({ main: answered(407) }), 'proxy_failed.auth'],
  // 4 rate_limited
  ['429', page({ main: answered(429), ...lost }), 'rate_limited.429'],
  ['429 with all the content', page({ main: answered(429) }), 'rate_limited.429'],
  [
    '503 with Retry-After',
    page({ main: answered(503, { 'retry-after': '30' }), ...lost }),
    'rate_limited.retry_after',
  ],
  [
    'Cloudflare 1015',
    page({ main: answered(403), ...lost, bodyHead: '<span class="cf-error-code">1015</span>' }),
    'rate_limited.waiting',
  ],
  [
    'a waiting room',
    page({ main: answered(200, { 'set-cookie': '__cfwaitingroom=x' }), ...lost }),
    'rate_limited.waiting',
  ],
  [
    'a waiting room cookie with content',
    page({ main: answered(200, { 'set-cookie': '__cfwaitingroom=x' }) }),
    'ok.all_valid',
  ],
  ['a check that is throttled', checked({ main: answered(429) }), 'rate_limited.429'],
  // 5 blocked
  [
    'a challenge header',
    page({ main: answered(403, { 'cf-mitigated': 'challenge' }), ...lost }),
    'blocked.challenge',
  ],
  [
    'a challenge header with status 200',
    page({ main: answered(200, { 'cf-mitigated': 'challenge' }), ...lost }),
    'blocked.challenge',
  ],
  [
    'an AWS captcha',
    page({ main: answered(405, { 'x-amzn-waf-action': 'captcha' }), ...lost }),
    'blocked.captcha',
  ],
  ['a challenge body with status 200', page({ ...lost, bodyHead: CLOUDFLARE }), 'blocked.challenge'],
  [
    'a challenge body with status 503',
    page({ main: answered(503), ...lost, bodyHead: CLOUDFLARE }),
    'blocked.challenge',
  ],
  ['an Akamai refusal', page({ main: answered(403), ...lost, bodyHead: AKAMAI }), 'blocked.forbidden'],
  [
    'a small captcha',
    page({ main: answered(403), ...lost, bodyHead: '<div class="g-recaptcha">', bodyBytes: 900 }),
    'blocked.captcha',
  ],
  ['403', page({ main: answered(403), ...lost }), 'blocked.forbidden'],
  [
    'a country that is banned',
    page({ main: answered(403), ...lost, bodyHead: '<span class="cf-error-code">1009</span>' }),
    'blocked.geo',
  ],
  ['451', page({ main: answered(451), ...lost }), 'blocked.geo'],
  ['403 with all the content', page({ main: answered(403) }), 'ok.all_valid'],
  ['a challenge script on a good page', page({ bodyHead: CLOUDFLARE }), 'ok.all_valid'],
  [
    'a challenge script on a page that lost a field',
    page({ bodyHead: CLOUDFLARE, fields: { balance: field('missing') } }),
    'layout_changed.selector',
  ],
  ['a check before a challenge', checked({ main: answered(403), bodyHead: CLOUDFLARE }), 'blocked.challenge'],
  [
    'a check whose 200 is a challenge',
    checked({ bodyHead: CLOUDFLARE, content: { outcome: 'layout_changed', reason: 'pattern', detail: '' } }),
    'blocked.challenge',
  ],
  // 6 auth_failed
  ['401', page({ main: answered(401), ...lost }), 'auth_failed.401'],
  ['a login page', page({ ...lost, passwordField: true }), 'auth_failed.login'],
  ['a login page with 403', page({ main: answered(403), ...lost, passwordField: true }), 'auth_failed.login'],
  [
    'a login page in the frame of a shop',
    page({
      ...lost,
      passwordField: true,
      textLength: 9000,
      finalUrl: 'https://north.example/customer/account/login/?x',
    }),
    'auth_failed.login',
  ],
  ['a login page of few words', page({ ...lost, passwordField: true, textLength: 800 }), 'auth_failed.login'],
  [
    'another page with a login form in its header',
    page({ ...lost, passwordField: true, textLength: 9000, finalUrl: 'https://north.example/?after=login' }),
    'layout_changed.identity',
  ],
  [
    '403 with a login form in its header',
    page({ main: answered(403), ...lost, passwordField: true, textLength: 9000 }),
    'blocked.forbidden',
  ],
  [
    'a page without landmarks that lost a field and has a login form in its header',
    page({
      landmarks: [],
      passwordField: true,
      textLength: 9000,
      fields: { balance: field('missing') },
    }),
    'layout_changed.selector',
  ],
  ['the declared login marker', page({ ...lost, loginMarker: true }), 'auth_failed.login'],
  ['a login form in the header of a good page', page({ passwordField: true }), 'ok.all_valid'],
  [
    'a login form in the header of a changed page',
    page({ passwordField: true, fields: { balance: field('missing') } }),
    'layout_changed.selector',
  ],
  // 7 site_down
  ['unknown name', page({ error: 'net::ERR_NAME_NOT_RESOLVED', main: null }), 'site_down.dns'],
  ['unknown name, by Node', checked({ error: 'ENOTFOUND: getaddrinfo', main: null }), 'site_down.dns'],
  ['refused', page({ error: 'net::ERR_CONNECTION_REFUSED', main: null }), 'site_down.connect'],
  ['reset', page({ error: 'net::ERR_CONNECTION_RESET', main: null }), 'site_down.reset'],
  ['old certificate', page({ error: 'net::ERR_CERT_DATE_INVALID', main: null }), 'site_down.tls'],
  ['old certificate, by Node', checked({ error: 'CERT_HAS_EXPIRED', main: null }), 'site_down.tls'],
  ['no answer', page({ error: 'TimeoutError: Navigation timeout', main: null }), 'site_down.timeout'],
  ['500', page({ main: answered(500), ...lost }), 'site_down.http5xx'],
  ['500 with all the content', page({ main: answered(500) }), 'site_down.http5xx'],
  ['a body cut half way', page({ mainFailed: 'net::ERR_CONNECTION_RESET' }), 'site_down.truncated'],
  [
    'a body cut before the field',
    page({ mainFailed: 'net::ERR_CONTENT_DECODING_FAILED', fields: { balance: field('missing') } }),
    'site_down.truncated',
  ],
  ['going in circles', page({ error: 'net::ERR_TOO_MANY_REDIRECTS', main: null }), 'site_down.redirect_loop'],
  ['nothing at all', page({ error: 'net::ERR_EMPTY_RESPONSE', main: null }), 'site_down.bad_response'],
  ['an endless page', page({ error: 'BODY_TOO_LARGE', ...lost }), 'site_down.bad_response'],
  [
    'headers, then silence',
    page({ error: 'TimeoutError: Navigation timeout', ...lost }),
    'site_down.timeout',
  ],
  ['slow but complete', page({ error: 'TimeoutError: Navigation timeout' }), 'ok.slow'],
  ['a check that gets 404', checked({ main: answered(404) }), 'site_down.http4xx'],
  ['a page that gets 400', page({ main: answered(400), ...lost }), 'site_down.http4xx'],
  // 8 absent
  ['404', page({ main: answered(404), ...lost }), 'absent.404'],
  ['410', page({ main: answered(410), ...lost }), 'absent.410'],
  [
    "another site's 404",
    page({ main: answered(404), ...lost, finalUrl: 'https://parking.example.net/' }),
    'layout_changed.redirected',
  ],
  [
    'a list that is truthfully empty',
    page({ fields: { balance: okField(), transactions: field('absent') } }),
    'absent.marker',
  ],
  // 9 layout_changed
  [
    'a lost field',
    page({ fields: { balance: field('missing'), transactions: okField() } }),
    'layout_changed.selector',
  ],
  [
    'a lost field beside an absent one',
    page({ fields: { balance: field('missing'), transactions: field('absent') } }),
    'layout_changed.selector',
  ],
  [
    'an empty list by our own fault',
    page({ fields: { transactions: field('missing') } }),
    'layout_changed.selector',
  ],
  ['another page', page(lost), 'layout_changed.identity'],
  ['two of three landmarks', page({ landmarks: marks(2, 3) }), 'ok.all_valid'],
  ['one of three landmarks', page({ landmarks: marks(1, 3) }), 'layout_changed.identity'],
  [
    'a redirect to another host',
    page({ finalUrl: 'https://parking.example.net/' }),
    'layout_changed.redirected',
  ],
  [
    'a host whose name looks random',
    page({
      url: maskAddress('https://my-app-9fk3l2x8q.vercel.app/prices'),
      finalUrl: maskAddress('https://my-app-9fk3l2x8q.vercel.app/prices'),
    }),
    'ok.all_valid',
  ],
  [
    'a check sent to a parking page',
    checked({ finalUrl: 'https://parking.example.net/' }),
    'layout_changed.redirected',
  ],
  ['a check sent to www', checked({ finalUrl: 'http://www.shop.example/de' }), 'ok.all_valid'],
  [
    "another site's refusal of a check",
    checked({ main: answered(404), finalUrl: 'https://parking.example.net/' }),
    'site_down.http4xx',
  ],
  ['a redirect to www', page({ finalUrl: 'https://www.north.example/accounts' }), 'ok.all_valid'],
  [
    'a file instead of a page',
    page({ error: 'net::ERR_ABORTED', download: true, fields: {} }),
    'layout_changed.identity',
  ],
  ['204', page({ error: 'net::ERR_ABORTED', main: answered(204), fields: {} }), 'layout_changed.identity'],
  [
    'a pattern that is gone',
    checked({ content: { outcome: 'layout_changed', reason: 'pattern', detail: '' } }),
    'layout_changed.pattern',
  ],
  ['a check that gets another 2xx', checked({ main: answered(202) }), 'layout_changed.status'],
  // 10 invalid_data
  ['a value that is none', page({ fields: { balance: field('invalid') } }), 'invalid_data.schema'],
  ['an implausible value', page({ insane: 'balance above a billion' }), 'invalid_data.sane'],
  [
    'invalid beside absent',
    page({ fields: { a: field('invalid'), b: field('absent') } }),
    'invalid_data.schema',
  ],
  // 11 partial
  [
    'an optional field gone',
    page({ fields: { a: okField(), b: field('missing', { optional: true }) } }),
    'partial.optional',
  ],
  [
    'an optional field gone, as allowed',
    page({
      optionalShare: 0.5,
      fields: { a: okField(), b: field('missing', { optional: true }), c: { ...okField(), optional: true } },
    }),
    'ok.all_valid',
  ],
  ['there but empty', page({ fields: { a: field('empty') } }), 'partial.empty'],
  // 12 ok
  ['all well', page(), 'ok.all_valid'],
  ['a certificate about to end', page({ certDays: 9, certLimit: 14 }), 'ok.certificate'],
  ['a certificate of a check', checked({ certDays: 0, certLimit: 14 }), 'ok.certificate'],
  ['a certificate with time left', page({ certDays: 14, certLimit: 14 }), 'ok.all_valid'],
  [
    'a certificate about to end on a page that lost a field',
    page({ certDays: 9, certLimit: 14, fields: { balance: field('missing') } }),
    'layout_changed.selector',
  ],
  ['content beside a challenge', page({ challengeSeen: 'Kasada: KPSDK' }), 'ok.challenge_seen'],
  [
    'an optional field absent',
    page({ fields: { a: okField(), b: field('absent', { optional: true }) } }),
    'ok.all_valid',
  ],
  ['a check', checked(), 'ok.all_valid'],
  ['a check that expects 403', checked({ main: answered(403), expectedStatus: 403 }), 'ok.all_valid'],
  ['a check that expects 503', checked({ main: answered(503), expectedStatus: 503 }), 'ok.all_valid'],
]

describe('judge', () => {
  test.each(cases)('%s', (_, signals, expected) => {
    const { outcome, reason } = judge(signals)
    expect(`${outcome}.${reason}`).toBe(expected)
  })

  test('a recorded run can be judged again, and is written the same each time', () => {
    for (const [, signals] of cases) {
      const line = recordSignals(signals)
      expect(judge(readSignals(line))).toEqual(judge(signals))
      expect(recordSignals(readSignals(line))).toBe(line)
    }
  })

  test('a record of a newer form, a broken one and none are told apart', () => {
    const line = recordSignals(page())
    const code = (text: string) => {
      try {
        return String(readSignals(text))
      } catch (error) {
        return error instanceof WeirError ? `${error.code}: ${error.message}` : String(error)
      }
    }
    expect(code(line.replace('signals/1', 'signals/2'))).toMatch(/^WEIR_NEWER/)
    expect(code(line.replace('"skip":null', '"skip":{"reason":"mood","detail":""}'))).toMatch(/\/skip/)
    expect(code(line.replace('"redirects":0,', ''))).toMatch(/redirects/)
    expect(code('{}')).toMatch(/weir is not/)
    expect(code('nonsense')).toMatch(/no JSON object/)
  })

  test('the evidence is one short line, whatever the site says', () => {
    const noisy = page({ landmarks: marks(0, 1), title: `a\nb\u2028c\u0000${'x'.repeat(5000)}` })
    const { detail } = judge(noisy)
    expect(detail.length).toBeLessThanOrEqual(300)
    expect(detail).not.toMatch(/[\n\u2028\p{Cc}]/u)
  })

  test('names the field and the label that still stands there', () => {
    const note = 'nothing matches "[data-balance]", though "Balance" still stands on the page'
    expect(judge(page({ fields: { balance: field('missing', { note }) } })).detail).toBe(`balance: ${note}`)
  })
})
