/**
 * The fault matrix: every sign of the taxonomy, and the pairs that are easily confused. What is not visited at all is
 * tested where it is decided: robots.txt, holds, blocks, the breaker and budgets beside `scrapers/politeness`.
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
import { PROXIED } from './fault-exit.fixture.ts'
import { PLAIN } from './fault-plain.fixture.ts'
import { REFUSED } from './fault-refused.fixture.ts'

/** Rows with a name and this after it. */
const rowsOf = (...rest: string[]): string =>
  `<ul>${rest.map((each) => `<li class=tx><b>rent</b>${each}</li>`).join('')}</ul>`

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
  {
    name: 'a part renamed in all rows',
    expected: 'layout_changed.selector',
    parts: true,
    answer: page(`${HEAD}<p id=balance>5 €${rowsOf('<s>1 €</s>', '<s>2 €</s>')}`),
  },
  {
    name: 'a part that one row lacks',
    expected: 'invalid_data.schema',
    parts: true,
    answer: page(`${HEAD}<p id=balance>5 €${rowsOf('<i>1 €</i>', '')}`),
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

export const FAULTS: Fault[] = [
  ...ours,
  ...cheap,
  ...PLAIN,
  ...PROXIED,
  ...down,
  ...ok,
  ...REFUSED,
  ...changed,
]
