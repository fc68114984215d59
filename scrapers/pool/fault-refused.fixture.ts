/**
 * Cases of the fault matrix in which the site answers no: throttled, blocked, or behind a login. Challenge pages cannot be
 * recorded here: they are made by hand after the vendors' documented marks.
 */
import { CLOUDFLARE, type Fault, GOOD, LOGIN, PAD, moved, page } from './fault.fixture.ts'

export const REFUSED: Fault[] = [
  { name: '429', expected: 'rate_limited.429', answer: page('slow down', 429) },
  { name: '429 with content', expected: 'rate_limited.429', answer: page(GOOD, 429) },
  { name: '503, later', expected: 'rate_limited.retry_after', answer: page('', 503, { 'retry-after': '9' }) },
  { name: '403, later', expected: 'rate_limited.retry_after', answer: page('', 403, { 'retry-after': '9' }) },
  {
    name: 'Cloudflare 1015',
    expected: 'rate_limited.waiting',
    answer: page('<span class="cf-error-code">1015</span>', 403),
  },
  {
    name: 'a waiting room',
    expected: 'rate_limited.waiting',
    answer: page('<title>You are in line</title>', 200, { 'set-cookie': '__cfwaitingroom=x' }),
  },
  {
    name: 'a challenge header',
    expected: 'blocked.challenge',
    answer: page(CLOUDFLARE, 403, { 'cf-mitigated': 'challenge' }),
  },
  {
    name: 'a challenge header with status 200',
    expected: 'blocked.challenge',
    answer: page('', 200, { 'cf-mitigated': 'challenge' }),
  },
  { name: '200 with a challenge', expected: 'blocked.challenge', answer: page(CLOUDFLARE) },
  {
    name: '200 with a challenge form',
    expected: 'blocked.challenge',
    answer: page('<form action="/?__cf_chl_f_tk=x"></form>'),
  },
  {
    name: 'just a moment, 503',
    expected: 'blocked.challenge',
    answer: page('<title>Just a moment...</title>', 503),
  },
  {
    name: 'AWS challenge',
    expected: 'blocked.challenge',
    answer: page('', 202, { 'x-amzn-waf-action': 'challenge' }),
  },
  {
    name: 'AWS captcha',
    expected: 'blocked.captcha',
    answer: page('', 405, { 'x-amzn-waf-action': 'captcha' }),
  },
  {
    name: 'Akamai',
    expected: 'blocked.forbidden',
    answer: page('<h1>Access Denied</h1>Reference #18.2d351ab8.1557333295.a4e16ab', 403),
  },
  {
    name: 'HUMAN',
    expected: 'blocked.captcha',
    answer: page('<title>Access to this page has been denied</title><div id="px-captcha"></div>', 403),
  },
  {
    name: 'DataDome',
    expected: 'blocked.captcha',
    answer: page('<script src="https://geo.captcha-delivery.com/c.js"></script>', 403),
  },
  {
    name: 'Imperva, 200',
    expected: 'blocked.challenge',
    answer: page('<iframe src="/_Incapsula_Resource?x"></iframe>'),
  },
  {
    name: 'Sucuri',
    expected: 'blocked.forbidden',
    answer: page('<title>Sucuri WebSite Firewall</title>', 403),
  },
  {
    name: 'Kasada',
    expected: 'blocked.challenge',
    answer: page('<script>KPSDK={now: Date.now};KPSDK.scriptStart=KPSDK.now()</script>', 403),
  },
  {
    name: 'a captcha on a refusal',
    expected: 'blocked.captcha',
    answer: page('<div class="h-captcha">', 403),
  },
  { name: '403', expected: 'blocked.forbidden', answer: page('no', 403) },
  { name: '403 without a body', expected: 'blocked.forbidden', answer: page('', 403) },
  { name: '451', expected: 'blocked.geo', answer: page('not in your country', 451) },
  {
    name: 'Cloudflare 1009',
    expected: 'blocked.geo',
    answer: page('<span class="cf-error-code">1009</span>', 403),
  },
  { name: '401', expected: 'auth_failed.401', answer: page('who?', 401) },
  { name: 'a login page instead of content', expected: 'auth_failed.login', answer: page(LOGIN) },
  { name: 'a login page with 403', expected: 'auth_failed.login', answer: page(LOGIN, 403) },
  { name: 'sent to a login page', expected: 'auth_failed.login', answer: moved('/login', LOGIN) },
  {
    name: 'sent to a login in the frame of a shop',
    expected: 'auth_failed.login',
    answer: moved('/customer/login', LOGIN + PAD),
  },
  {
    name: 'sent to a login without password',
    expected: 'auth_failed.login',
    login: 'url ~ /sso',
    answer: moved('/sso', '<title>Choose an account</title>'),
  },
]
