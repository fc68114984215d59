/** A site that misbehaves in every way a site can, one way per path. */
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const GOOD = `<title>North Bank</title><h1>Accounts</h1><p id=balance>1.234,56 €</p><ul><li class=tx>a</li><li class=tx>b</li></ul>`

export interface HostileSite {
  url(path: string): string
  close(): Promise<void>
}

export async function startHostileSite(): Promise<HostileSite> {
  const server: Server = createServer((request, response) => {
    const html = (body: string, status = 200, headers: Record<string, string> = {}) =>
      response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(body)
    const pages: Record<string, () => unknown> = {
      '/good': () => html(GOOD),
      '/late': () =>
        html(
          `<title>North Bank</title><h1>Accounts</h1><script>setTimeout(() => document.body.insertAdjacentHTML('beforeend', '<p id=balance>5 €</p><li class=tx>a'), 400)</script>`,
        ),
      '/slow': () => setTimeout(() => html(GOOD), 800),
      '/hang': () => undefined,
      '/reset': () => response.socket?.resetAndDestroy(),
      '/truncated': () => {
        response.writeHead(200, { 'content-type': 'text/html', 'content-length': '100000' })
        response.write(GOOD)
        setTimeout(() => response.socket?.destroy(), 50)
      },
      '/endless': () => {
        response.writeHead(200, { 'content-type': 'text/html' })
        const block = `<p>${'x'.repeat(64 * 1024)}</p>`
        const pump = () => {
          while (!response.destroyed && response.write(block));
          if (!response.destroyed) response.once('drain', () => setTimeout(pump, 5))
        }
        pump()
      },
      '/dialog': () => html(`${GOOD}<script>alert('hello'); confirm('sure?')</script>`),
      '/popups': () => html(`${GOOD}<script>for (let i = 0; i < 40; i++) window.open('/good?' + i)</script>`),
      '/busy': () => html(`${GOOD}<script>for (;;);</script>`),
      '/circle': () => response.writeHead(302, { location: '/circle' }).end(),
      '/throttled': () => html('too fast', 429, { 'retry-after': '30' }),
      '/challenge': () => html('<title>Just a moment...</title>', 403, { 'cf-mitigated': 'challenge' }),
      '/challenge-200': () => html('<title>Just a moment...</title><form action="?__cf_chl_f_tk=x">'),
      '/forbidden-with-content': () => html(GOOD, 403),
      '/login': () => html('<title>Sign in</title><form><input type=password></form>'),
      '/to-login': () => response.writeHead(302, { location: '/login' }).end(),
      '/elsewhere': () =>
        response.writeHead(302, { location: `http://other.localhost:${port()}/parking` }).end(),
      '/parking': () => html('<title>Buy this domain</title>'),
      '/empty': () =>
        html('<title>North Bank</title><h1>Accounts</h1><p id=balance>0 €</p><p>No transactions yet</p>'),
      '/empty-our-fault': () =>
        html('<title>North Bank</title><h1>Accounts</h1><p id=balance>0 €</p><ul><li class=row>a</ul>'),
      '/renamed': () => html(GOOD.replace('id=balance', 'id=amount-held')),
      '/nonsense': () => html(GOOD.replace('1.234,56 €', 'N/A')),
      '/implausible': () => html(GOOD.replace('1.234,56 €', '9999999999 €')),
      '/gone': () => html('not here', 404),
      '/broken': () => html('oops', 500),
      '/download': () =>
        response
          .writeHead(200, { 'content-type': 'application/zip', 'content-disposition': 'attachment' })
          .end('PK'),
      '/nothing': () => response.writeHead(204).end(),
      '/to-private': () => response.writeHead(302, { location: 'http://10.255.255.1/' }).end(),
      '/script-to-private': () =>
        html(`<title>North Bank</title><script>location.href = 'http://10.255.255.1/'</script>`),
      // Elements that stand in the way of the document's own members.
      '/clobbered': () =>
        html(
          `${GOOD}<img name=title><img name=body><form name=querySelectorAll></form><form name=querySelector><input name=id></form><form name=documentElement></form>`,
        ),
      '/huge': () => html(`${GOOD}${'<b>x</b>'.repeat(50_000)}`),
      // A page that lies to scripts running beside its own.
      '/tampering': () =>
        html(
          `${GOOD}<script>document.querySelectorAll = () => { throw 1 }; JSON.stringify = () => '{}'; String.prototype.replace = () => 'lie'</script>`,
        ),
    }
    const page = pages[new URL(request.url ?? '/', 'http://x').pathname]
    if (page) page()
    else html('', 404)
  })
  const port = () => (server.address() as AddressInfo).port
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: (path) => `http://bank.localhost:${port()}${path}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
