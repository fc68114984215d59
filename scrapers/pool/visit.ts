/** One visit of one page with a real browser: everything that happened, recorded as signals, nothing judged. */
import type { CDPSession, HTTPResponse } from 'puppeteer-core'
import { type Reach, bareHost } from '../../engine/index.ts'
import type { BrowserScraper } from '../define/scraper.ts'
import { daysUntil } from '../http/visit-check.ts'
import { type Signals, blankSignals } from '../outcome/signals.ts'
import type { PageAnswer } from '../read/in-page.ts'
import { isComplete, record } from '../read/record.ts'
import { ask } from './ask.ts'
import { type Lease, within } from './browsers.ts'
import { EMPTY_REFUSAL, type Watched, mainResponse, networkTimings, watch } from './watch.ts'

/** Kept back from the time limit, so that a page that never finishes loading can still be read. */
const READ_RESERVE_MS = 2000

/** So much of a page that has no end within its time limit is no slow page: reading it would take as long again. */
const MAX_UNENDING_BYTES = 10 * 1024 * 1024

/** Visits the page. Never rejects: what goes wrong is a signal. */
export async function visit(
  lease: Lease,
  scraper: BrowserScraper,
  reach: Reach = scraper.reach,
): Promise<Signals> {
  const signals: Signals = {
    ...blankSignals(scraper),
    via: 'browser',
    optionalShare: scraper.optionalShare,
  }
  const { page } = lease
  try {
    const session = await page.createCDPSession()
    const watched = await watch(page, session, signals)
    const through = scraper.through ?? null
    // Nobody goes direct because there is no relay, or somebody forgot to say through what.
    if ((scraper.exit !== null || through !== null) && (lease.relay === null || through === null))
      throw new Error('no proxy was chosen, or none can be used')
    lease.relay?.allow(reach, through)
    if (!scraper.scripts) await page.setJavaScriptEnabled(false)
    await load(lease, scraper, signals)
    noteRelay(lease, scraper, watched, signals)
    if (signals.error?.startsWith('TimeoutError') && watched.bytes > MAX_UNENDING_BYTES)
      signals.error = `BODY_TOO_LARGE: no end after ${Math.round(watched.bytes / 1024 / 1024)} MB`
    // While a navigation is pending, questions wait for it.
    if (signals.error !== null) await session.send('Page.stopLoading').catch(() => undefined)
    const { response } = watched
    if (response === null) await noteHang(session, signals)
    else {
      note(response, lease, signals)
      // Of a page that never stops sending, more came than can be read in time.
      const endless = signals.error?.startsWith('BODY_TOO_LARGE') ?? false
      if (signals.fault === null && !signals.download && !endless)
        await readSettled(session, scraper, signals)
      // Scripts may have led to another page meanwhile, and that is the one that was read.
      if (watched.response !== null && watched.response !== response) note(watched.response, lease, signals)
      noteRelay(lease, scraper, watched, signals)
    }
  } catch (error) {
    await noteFailure(lease, signals, error)
  }
  if (signals.fault?.reason === 'private_target') signals.fields = {}
  return signals
}

function note(response: HTTPResponse, { relay }: Lease, signals: Signals): void {
  signals.main = mainResponse(response)
  const behind = relay?.timings(new URL(response.url()).hostname)
  signals.timings = { ...signals.timings, ...networkTimings(response), ...behind }
  signals.redirects = response.request().redirectChain().length
  const certificate = response.securityDetails()
  if (certificate) signals.certDays = daysUntil(certificate.validTo() * 1000, Date.now())
}

/** The browser knows only that the relay would not go on; the relay knows why. */
function noteRelay({ relay }: Lease, scraper: BrowserScraper, watched: Watched, signals: Signals): void {
  if (relay === null) return
  // Where no page came there was but one thing to connect to, redirects included; the browser tells it late.
  const failedUrl = watched.failedUrl === null ? null : new URL(watched.failedUrl)
  const hostname = watched.response === null ? relay.newestFailure : failedUrl?.hostname
  if (hostname === null || hostname === undefined) return
  const refused = relay.refused(hostname)
  if (refused !== null) {
    // Before anything was sent it is no visit at all.
    const first = watched.response === null && bareHost(hostname) === bareHost(new URL(scraper.url).hostname)
    if (first) signals.skip = { reason: 'private_target', detail: refused }
    else signals.fault ??= { reason: 'private_target', detail: refused }
  } else if (/ERR_ADDRESS_UNREACHABLE|ERR_SOCKS_/.test(signals.error ?? '')) {
    signals.error = relay.failure(hostname) ?? signals.error
  }
}

async function load({ page }: Lease, scraper: BrowserScraper, signals: Signals): Promise<void> {
  const reserve = Math.min(READ_RESERVE_MS, scraper.timeout / 4)
  try {
    await page.goto(scraper.url, {
      waitUntil: 'domcontentloaded',
      timeout: Math.max(scraper.timeout - reserve, 1),
    })
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    const code = /net::ERR_[A-Z0-9_]+/.exec(text)?.[0]
    if (code !== undefined) {
      if (code !== EMPTY_REFUSAL) signals.error ??= code
      // What aborted it (a download, an empty answer) may be told a moment later.
      if (code === 'net::ERR_ABORTED') await new Promise((resolve) => setTimeout(resolve, 150))
    } else if (error instanceof Error && error.name === 'TimeoutError')
      signals.error ??= `TimeoutError: ${text}`
    else throw error
  }
}

/** Reads, and reads again while scripts may still be filling the page in. */
async function readSettled(session: CDPSession, scraper: BrowserScraper, signals: Signals): Promise<void> {
  const hopeless = (signals.main?.status ?? 0) >= 400 || signals.error !== null
  const until = performance.now() + (hopeless || !scraper.scripts ? 0 : scraper.settle)
  for (let pause = 50; ; pause = Math.min(pause * 2, 400)) {
    const answer = await answerOf(session, scraper, signals)
    if (!answer) return
    record(answer, scraper, signals)
    if (isComplete(signals) || performance.now() + pause > until) return
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}

/** The page's answer; a page that navigates meanwhile is asked once more, one that hangs is noted. */
async function answerOf(
  session: CDPSession,
  scraper: BrowserScraper,
  signals: Signals,
): Promise<PageAnswer | null> {
  const question = { landmarks: scraper.is, login: scraper.login, fields: scraper.read }
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await ask(session, question, scraper.timeout)
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      const moved = /context was destroyed|Cannot find context|navigat|No frame/i.test(text)
      if (moved && attempt < 5) {
        await new Promise((resolve) => setTimeout(resolve, 100))
        continue
      }
      if (/no answer within|timed out|terminated/i.test(text)) {
        signals.fault ??= { reason: 'hung', detail: 'the page does not answer: its scripts never return' }
        return null
      }
      throw error
    }
  }
}

/** A tab may take so long to answer an empty question, ms: on a busy machine more than a second. */
const TAB_MS = 4000

/** Without any response the site is silent, or the tab is: an empty question tells which. */
async function noteHang(session: CDPSession, signals: Signals): Promise<void> {
  if (signals.error === null || !/Timeout/.test(signals.error)) return
  await within(TAB_MS, session.send('Runtime.evaluate', { expression: '1' })).catch(() => {
    signals.fault ??= { reason: 'hung', detail: 'the tab does not answer' }
  })
}

async function noteFailure(lease: Lease, signals: Signals, error: unknown): Promise<void> {
  const text = error instanceof Error ? error.message : String(error)
  if (signals.fault) return
  // Of a browser that dies the pages are told first.
  if (/detached|closed|too early/i.test(text)) await new Promise((resolve) => setTimeout(resolve, 200))
  if (!lease.connected()) signals.fault = { reason: 'browser', detail: 'the browser died during the visit' }
  else signals.fault = { reason: 'page', detail: text.slice(0, 300) }
}
