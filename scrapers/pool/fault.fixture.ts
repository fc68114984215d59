/** What one case of the fault matrix is, the pages it is made of, and the scraper that visits it. */
import { type BrowserScraper, type Scraper, check, collect, list, money, scraper, text } from '../index.ts'
import type { FaultExit } from './fault-exit.fixture.ts'
import type { Answer, Place } from './fault-site.fixture.ts'

export interface Fault {
  name: string
  /** `outcome.reason`, or a pattern of it where the machine's speed decides which limit strikes first. */
  expected: string
  answer: Answer
  at?: Place
  timeout?: string
  settle?: string
  local?: boolean
  login?: string
  /** Scripts of the author that fail. */
  sane?: 'throws'
  with?: 'http'
  /** The proxy it goes through; direct without. */
  exit?: FaultExit
  /** The transactions are read in parts. */
  parts?: true
  /** Asked by a check or a collector, not by the scraper of a page. */
  as?: 'check' | 'collect'
}

/** What visits the case. */
export function targetOf(fault: Fault, visit: string, site: string): Scraper {
  const base = { url: visit, site, every: '1m', timeout: fault.timeout ?? '60s', local: true }
  if (fault.as === 'check') return check('bank', { ...base, match: /accounts/i })
  if (fault.as === 'collect') return collect('bank', { ...base, into: 'trades', events: (json: []) => json })
  return bankOf(fault, visit, site)
}

/** The scraper that visits every case. `site`: what one page asks for is no matter of the others. */
export function bankOf(fault: Fault, visit: string, site: string): BrowserScraper {
  return scraper('bank', {
    visit,
    site,
    every: '1m',
    is: ['h1 = Accounts', 'title ~ North'],
    read: {
      balance: money('#balance'),
      iban: text('#iban', { optional: true }),
      transactions: list('li.tx', {
        absentWhen: 'No transactions yet',
        ...(fault.parts && { fields: { what: text('b'), amount: money('i') } }),
      }),
    },
    sane: ({ balance }) => {
      if (fault.sane === 'throws') throw new Error('a mistake of ours')
      return balance < 1e9 || 'balance above a billion'
    },
    timeout: fault.timeout ?? '60s',
    settle: fault.settle ?? '250ms',
    local: fault.local ?? true,
    with: fault.with ?? 'browser',
    ...(fault.login === undefined ? {} : { login: fault.login }),
    ...(fault.exit === undefined ? {} : { exit: fault.exit }),
  })
}

export const TITLE = '<title>North Bank</title>'
export const HEAD = `${TITLE}<h1>Accounts</h1>`
export const ROWS = '<ul><li class=tx>a</li><li class=tx>b</li></ul>'
export const GOOD = `${HEAD}<p id=balance>1.234,56 €</p><p id=iban>X1</p>${ROWS}`
export const CLOUDFLARE =
  '<title>Just a moment...</title><script src="/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1"></script>'
export const LOGIN = '<title>Sign in</title><form><input name=user><input type=password></form>'
export const PAD = `<p>${'x'.repeat(6000)}</p>`

export const page =
  (body: string, status?: number, headers?: Record<string, string>): Answer =>
  ({ html }) =>
    html(body, status, headers)
/** `where` answers, all other paths go there. */
export const moved =
  (where: string, body: string, host?: string): Answer =>
  ({ path, to, html, response }) =>
    path === where ? html(body) : response.writeHead(302, { location: to(where, host) }).end()
export const raw =
  (bytes: string): Answer =>
  ({ request }) =>
    void request.socket.end(bytes)
export const cut =
  (body: string, how: 'length' | 'chunk'): Answer =>
  ({ response }) => {
    response.writeHead(200, {
      'content-type': 'text/html',
      ...(how === 'length' ? { 'content-length': '100000' } : {}),
    })
    response.write(body)
    setTimeout(() => (how === 'length' ? response.socket?.destroy() : response.socket?.resetAndDestroy()), 30)
  }
