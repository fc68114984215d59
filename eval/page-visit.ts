/** Visits recorded pages in a real Chromium under their real host names, or reads them without one, and judges. */
import { type RequestListener, createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createSocketServer } from 'node:net'
import type { Outcome } from '../engine/index.ts'
import { findChromium } from '../launch/chromium.ts'
import { type Verdict, judge } from '../scrapers/outcome/judge.ts'
import { type Signals, blankSignals } from '../scrapers/outcome/signals.ts'
import { PATIENT } from '../scrapers/pool/patient.fixture.ts'
import { ask } from '../scrapers/pool/ask.ts'
import { openPool } from '../scrapers/pool/pool.ts'
import { visit } from '../scrapers/pool/visit.ts'
import { text } from '../scrapers/index.ts'
import { landmark } from '../scrapers/define/landmark.ts'
import { decodeHtml } from '../scrapers/read/charset.ts'
import type { PageAnswer } from '../scrapers/read/in-page.ts'
import { valuesOf } from '../scrapers/read/interpret.ts'
import { readHtml } from '../scrapers/read/read-html.ts'
import { record } from '../scrapers/read/record.ts'
import { selfSigned } from '../test/harness/certificate.ts'
import type { PageCase } from './page-case.ts'

/** What no good page may be called. */
export const NEVER_GOOD_PAGES: readonly Outcome[] = [
  'skipped',
  'crashed',
  'proxy_failed',
  'rate_limited',
  'blocked',
  'auth_failed',
  'site_down',
]

export interface PageResult {
  name: string
  verdict: Verdict
  /**
   * What the page is called where a landmark of its scraper, or a required field, is not there: only then block, challenge
   * and login signatures look at it at all. Empty where no page came.
   */
  changed: Verdict[]
  right: Record<string, boolean>
}

const NOT_THERE = { is: [landmark('#weir-not-there', '')], read: { lost: text('#weir-not-there') } }
const TYPE = 'text/html; charset=utf-8'
const DAY = 86_400_000
const TLS_HANDSHAKE = 22
const LIMITS = { deadline: 60_000, patience: 3_600_000 }

export async function visitPages(cases: PageCase[]): Promise<PageResult[]> {
  const byAddress = new Map(cases.map((one) => [addressOf(one.scraper.url), one]))
  const answer: RequestListener = (request, response) => {
    const one = byAddress.get(`${request.headers.host}${request.url}`)
    if (one) response.writeHead(200, { 'content-type': TYPE }).end(one.html())
    // Nobody answers for what was not recorded: a page's scripts would take a 404 of their API for an answer.
    else response.socket?.destroy()
  }
  const plain = createServer(answer)
  const secure = createTlsServer(selfSigned(['localhost'], Date.now() - DAY, Date.now() + DAY), answer)
  // Some hosts are on Chromium's list of those that are only ever asked with TLS; all arrive at one port.
  const server = createSocketServer((socket) => {
    socket.once('error', () => socket.destroy())
    socket.once('data', (first: Buffer) => {
      socket.pause()
      socket.unshift(first)
      const speaks = first[0] === TLS_HANDSHAKE ? secure : plain
      speaks.emit('connection', socket)
      process.nextTick(() => socket.resume())
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const { path } = await findChromium()
  const hostRules = `MAP * 127.0.0.1:${port}`
  const pool = await openPool({ executable: path, hostRules, acceptInsecureCerts: true, ...PATIENT })
  try {
    return await Promise.all(
      cases.map(async (one) => {
        const got: { answer: PageAnswer | null } = { answer: null }
        const signals = await pool.run(async (lease) => {
          const seen = await visit(lease, one.scraper, 'private')
          if (seen.main === null || seen.fault !== null) return seen
          const question = { landmarks: [], login: null, fields: {} }
          got.answer = await ask(await lease.page.createCDPSession(), question, LIMITS.deadline)
          return seen
        }, LIMITS)
        return resultOf(one, signals, got.answer)
      }),
    )
  } finally {
    await pool.close(0)
    plain.closeAllConnections()
    secure.closeAllConnections()
    server.close()
  }
}

function addressOf(url: string): string {
  const { host, pathname, search } = new URL(url)
  return `${host}${pathname}${search}`
}

/** As `with: 'http'` reads them. */
export function readPages(cases: PageCase[]): PageResult[] {
  return cases.map((one) => {
    const { scraper } = one
    const signals: Signals = {
      ...blankSignals(scraper),
      via: 'http',
      finalUrl: scraper.url,
      main: { status: 200, headers: { 'content-type': TYPE } },
      optionalShare: scraper.optionalShare,
    }
    const question = { landmarks: scraper.is, login: scraper.login, fields: scraper.read }
    const answer = readHtml(decodeHtml(one.html(), TYPE), scraper.url, question, 60_000)
    record(answer, scraper, signals)
    return resultOf(one, signals, answer)
  })
}

function resultOf(one: PageCase, signals: Signals, answer: PageAnswer | null): PageResult {
  return {
    name: one.scraper.name,
    verdict: judge(signals),
    changed: answer === null ? [] : changed(one, signals, answer),
    right: one.right(valuesOf(signals.fields)),
  }
}

/** Judged again from the same answer: without its landmark, and without a required field of a scraper that has none. */
function changed({ scraper }: PageCase, signals: Signals, answer: PageAnswer): Verdict[] {
  const again = { ...signals }
  record(answer, { ...scraper, ...NOT_THERE }, again)
  return [judge(again), judge({ ...again, landmarks: [] })]
}

/** Right reads per field, of how many pages, and the pages that were called what no good page is, changed or not. */
export function summary(results: PageResult[]): {
  pages: number
  outcomes: Record<string, number>
  changed: Record<string, number>
  right: Record<string, number>
  misjudged: { name: string; verdict: Verdict }[]
} {
  const outcomes: Record<string, number> = {}
  const changed: Record<string, number> = {}
  const right: Record<string, number> = {}
  for (const { verdict, changed: others, right: fields } of results) {
    outcomes[verdict.outcome] = (outcomes[verdict.outcome] ?? 0) + 1
    for (const { outcome, reason } of others)
      changed[`${outcome}.${reason}`] = (changed[`${outcome}.${reason}`] ?? 0) + 1
    for (const [field, isRight] of Object.entries(fields))
      right[field] = (right[field] ?? 0) + Number(isRight)
  }
  const misjudged = results.flatMap(({ name, verdict, changed: others }) =>
    [verdict, ...others]
      .filter(({ outcome }) => NEVER_GOOD_PAGES.includes(outcome))
      .map((wrong) => ({ name, verdict: wrong })),
  )
  return { pages: results.length, outcomes, changed, right, misjudged }
}
