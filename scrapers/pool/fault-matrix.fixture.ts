/**
 * The fault matrix: every sign of the taxonomy, and the pairs that are easily confused. Challenge pages cannot be
 * recorded here: they are made by hand after the vendors' documented marks.
 */
import {
  CLOUDFLARE,
  type Fault,
  GOOD,
  HEAD,
  LOGIN,
  PAD,
  ROWS,
  TITLE,
  cut,
  moved,
  page,
  raw,
} from './fault.fixture.ts'

const ok: Fault[] = [
  { name: 'good', expected: 'ok.all_valid', answer: page(GOOD) },
  {
    name: 'filled in by a script',
    expected: 'ok.all_valid',
    settle: '10s',
    answer: page(
      `${HEAD}${ROWS}<p id=iban>X1<script>setTimeout(() => document.body.insertAdjacentHTML('beforeend', '<p id=balance>5 €'), 300)</script>`,
    ),
  },
  {
    name: 'slow but good',
    expected: 'ok.all_valid',
    answer: ({ html }) => setTimeout(() => html(GOOD), 700),
  },
  {
    name: 'complete, but never ends',
    expected: 'ok.slow',
    timeout: '5s',
    answer: ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
      response.write(GOOD + PAD)
    },
  },
  {
    name: 'ten windows',
    expected: 'ok.all_valid',
    answer: page(`${GOOD}<script>for (let i = 0; i < 10; i++) window.open('/good?' + i)</script>`),
  },
  { name: '403 with content', expected: 'ok.all_valid', answer: page(GOOD, 403) },
  { name: '400 with content', expected: 'ok.all_valid', answer: page(GOOD, 400) },
  {
    name: 'dialogs',
    expected: 'ok.all_valid',
    answer: page(`${GOOD}<script>alert('x'); confirm('y')</script>`),
  },
  {
    name: 'ten thousand elements',
    expected: 'ok.all_valid',
    answer: page(GOOD + '<b>x</b> '.repeat(10_000)),
  },
  {
    name: 'a page that lies to other scripts',
    expected: 'ok.all_valid',
    answer: page(
      `${GOOD}<script>document.querySelectorAll = () => { throw 1 }; JSON.stringify = () => '{}'; String.prototype.replace = () => 'lie'</script>`,
    ),
  },
  {
    name: 'elements named like members of the document',
    expected: 'ok.all_valid',
    answer: page(
      `${GOOD}<img name=title><img name=body><form name=querySelectorAll></form><form name=querySelector><input name=id></form><form name=documentElement></form>`,
    ),
  },
  { name: 'a login form in the header', expected: 'ok.all_valid', answer: page(`${LOGIN.slice(22)}${GOOD}`) },
  {
    name: 'the word captcha',
    expected: 'ok.all_valid',
    answer: page(`${GOOD}<p>Prove you are human: captcha`),
  },
  {
    name: 'a captcha widget',
    expected: 'ok.all_valid',
    answer: page(`${GOOD}<div class="g-recaptcha"></div>`),
  },
  {
    name: 'please enable JavaScript',
    expected: 'ok.all_valid',
    answer: page(`${GOOD}<noscript>Enable JavaScript`),
  },
  {
    name: 'a challenge script beside content',
    expected: 'ok.challenge_seen',
    answer: page(GOOD + CLOUDFLARE),
  },
  {
    name: 'a waiting room passed',
    expected: 'ok.all_valid',
    answer: page(GOOD, 200, { 'set-cookie': '__cfwaitingroom=x' }),
  },
  { name: 'moved on the same site', expected: 'ok.all_valid', answer: moved('/new', GOOD) },
  { name: 'moved to www', expected: 'ok.all_valid', answer: moved('/new', GOOD, 'www.bank.localhost') },
  {
    name: 'moved by a script',
    expected: 'ok.all_valid',
    settle: '10s',
    answer: ({ path, html, to }) => html(path === '/b' ? GOOD : `<script>location = '${to('/b')}'</script>`),
  },
  { name: 'a certificate that ends in 5 days', expected: 'ok.certificate', at: 'soon', answer: page(GOOD) },
]

const refused: Fault[] = [
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

const down: Fault[] = [
  { name: 'no such name', expected: 'site_down.dns', at: 'nowhere', answer: page('') },
  { name: 'nobody listens', expected: 'site_down.connect', at: 'closed', answer: page('') },
  { name: 'a certificate of nobody', expected: 'site_down.tls', at: 'unknown', answer: page(GOOD) },
  { name: 'an old certificate', expected: 'site_down.tls', at: 'expired', answer: page(GOOD) },
  { name: 'a certificate for another', expected: 'site_down.tls', at: 'stranger', answer: page(GOOD) },
  { name: 'no TLS at all', expected: 'site_down.tls', at: 'plain', answer: page(GOOD) },
  {
    name: 'reset',
    expected: 'site_down.reset',
    answer: ({ response }) => response.socket?.resetAndDestroy(),
  },
  { name: 'silence', expected: 'site_down.timeout', timeout: '5s', answer: () => undefined },
  {
    name: 'headers, then silence',
    expected: 'site_down.timeout',
    timeout: '5s',
    answer: ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/html' })
      response.write(TITLE + PAD)
    },
  },
  { name: '500', expected: 'site_down.http5xx', answer: page('oops', 500) },
  { name: '500 with content', expected: 'site_down.http5xx', answer: page(GOOD, 500) },
  { name: '502', expected: 'site_down.http5xx', answer: page('<h1>Bad Gateway</h1>', 502) },
  { name: '503', expected: 'site_down.http5xx', answer: page('<h1>Maintenance</h1>', 503) },
  { name: '400', expected: 'site_down.http4xx', answer: page('what?', 400) },
  { name: 'truncated, status 200', expected: 'site_down.truncated', answer: cut(GOOD, 'length') },
  { name: 'truncated before the field', expected: 'site_down.truncated', answer: cut(HEAD, 'length') },
  { name: 'reset in the middle', expected: 'site_down.truncated', answer: cut(HEAD, 'chunk') },
  {
    name: 'a broken archive',
    expected: 'site_down.(truncated|bad_response)',
    answer: page('no gzip', 200, { 'content-encoding': 'gzip' }),
  },
  {
    name: 'in a circle',
    expected: 'site_down.redirect_loop',
    answer: ({ response, to }) => response.writeHead(302, { location: to('/') }).end(),
  },
  { name: '500 without a body', expected: 'site_down.http5xx', answer: page('', 500) },
  { name: 'nothing at all', expected: 'site_down.bad_response', answer: raw('') },
  {
    name: 'headers that contradict each other',
    expected: 'site_down.bad_response',
    answer: raw('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 9\r\n\r\nhello'),
  },
  {
    name: 'endless',
    expected: 'site_down.(bad_response|timeout)',
    timeout: '3s',
    answer: ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/html' })
      const pump = (): void => {
        while (!response.destroyed && response.write(`<!-- ${PAD.repeat(10)} -->`));
        if (!response.destroyed) response.once('drain', () => setTimeout(pump, 5))
      }
      pump()
    },
  },
]

const changed: Fault[] = [
  { name: '404', expected: 'absent.404', answer: page('not here', 404) },
  { name: '404 without a body', expected: 'absent.404', answer: page('', 404) },
  { name: '410', expected: 'absent.410', answer: page('gone', 410) },
  {
    name: 'an empty list that is true',
    expected: 'absent.marker',
    answer: page(`${HEAD}<p id=balance>0 €<p id=iban>X1<p>No transactions yet`),
  },
  {
    name: 'an empty list that is our fault',
    expected: 'layout_changed.selector',
    answer: page(`${HEAD}<p id=balance>0 €<p id=iban>X1<ul><li class=row>a</ul>`),
  },
  {
    name: 'an empty list whose sign is hidden',
    expected: 'layout_changed.selector',
    answer: page(`${HEAD}<p id=balance>0 €<p id=iban>X1<p hidden>No transactions yet`),
  },
  {
    name: 'an empty list beside a lost field',
    expected: 'layout_changed.selector',
    answer: page(`${HEAD}<p id=iban>X1<p>No transactions yet`),
  },
  {
    name: 'the sign of emptiness on another page',
    expected: 'layout_changed.identity',
    answer: page('<title>Help</title><p id=balance>1 €<p id=iban>X1<p>No transactions yet'),
  },
  {
    name: 'renamed',
    expected: 'layout_changed.selector',
    answer: page(GOOD.replace('id=balance', 'id=held')),
  },
  { name: 'a friendly error page', expected: 'layout_changed.identity', answer: page('<title>Oops</title>') },
  { name: 'nothing, status 200', expected: 'layout_changed.identity', answer: page('') },
  {
    name: 'sent home, where a login form is in the header',
    expected: 'layout_changed.identity',
    answer: moved('/', `${LOGIN.replace('Sign in', 'Home')}${PAD}`),
  },
  { name: 'sent home', expected: 'layout_changed.identity', answer: moved('/', '<title>Home</title>') },
  {
    name: 'redirect to another host',
    expected: 'layout_changed.redirected',
    answer: moved('/parking', '<title>Buy this domain</title>', 'other.localhost'),
  },
  {
    name: "another host's 404",
    expected: 'layout_changed.redirected',
    answer: ({ path, to, html, response }) =>
      path === '/x'
        ? html('', 404)
        : response.writeHead(301, { location: to('/x', 'other.localhost') }).end(),
  },
  {
    name: 'a file to save',
    expected: 'layout_changed.identity',
    answer: page('PK', 200, { 'content-type': 'application/zip', 'content-disposition': 'attachment' }),
  },
  {
    name: '204',
    expected: 'layout_changed.identity',
    answer: ({ response }) => response.writeHead(204).end(),
  },
  { name: 'no amount', expected: 'invalid_data.schema', answer: page(GOOD.replace('1.234,56 €', 'N/A')) },
  {
    name: 'implausible',
    expected: 'invalid_data.sane',
    answer: page(GOOD.replace('1.234,56', '9999999999')),
  },
  { name: 'there but empty', expected: 'partial.empty', answer: page(GOOD.replace('1.234,56 €', ' ')) },
  { name: 'an optional field gone', expected: 'partial.optional', answer: page(GOOD.replace('id=iban', '')) },
]

const ours: Fault[] = [
  {
    name: 'a loop that never ends',
    expected: 'crashed.hung',
    timeout: '3s',
    answer: page(`${GOOD}<script>for (;;);</script>`),
  },
  { name: 'our own check throws', expected: 'crashed.code', sane: 'throws', answer: page(GOOD) },
  { name: 'a port no browser opens', expected: 'crashed.config', at: 'unsafe', answer: page(GOOD) },
  {
    name: 'sent into a private network',
    expected: 'crashed.private_target',
    answer: ({ response }) => response.writeHead(302, { location: 'http://10.255.255.1/' }).end(),
  },
  {
    name: 'sent to a metadata service by a script',
    expected: 'crashed.private_target',
    answer: page(`${TITLE}<script>location.href = 'http://169.254.169.254/latest'</script>`),
  },
  { name: 'a private address', expected: 'skipped.private_target', local: false, answer: page(GOOD) },
]

/** Read without a browser: it comes in where scripts are missing, and never where the site has answered no. */
const cheap: Fault[] = [
  { name: 'good, without a browser', expected: 'ok.all_valid', with: 'http', answer: page(GOOD) },
  {
    name: 'filled in by a script, so a browser looks',
    expected: 'ok.all_valid',
    with: 'http',
    answer: page(
      `${HEAD}${ROWS}<p id=iban>X1<script>document.body.insertAdjacentHTML('beforeend', '<p id=balance>5 €')</script>`,
    ),
  },
  {
    name: 'renamed, as the browser says as well',
    expected: 'layout_changed.selector',
    with: 'http',
    answer: page(GOOD.replace('id=balance', 'id=held')),
  },
  { name: 'a challenge is an answer', expected: 'blocked.challenge', with: 'http', answer: page(CLOUDFLARE) },
  { name: 'a login page is an answer', expected: 'auth_failed.login', with: 'http', answer: page(LOGIN) },
]

export const FAULTS: Fault[] = [...ours, ...cheap, ...down, ...ok, ...refused, ...changed]
