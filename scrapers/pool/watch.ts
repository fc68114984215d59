/** Listens to one page during a visit and writes what happens into the signals. */
import type { CDPSession, HTTPResponse, Page } from 'puppeteer-core'
import { maskAddress } from '../evidence/mask-address.ts'
import type { MainResponse, Signals, Timings } from '../outcome/signals.ts'

/** More than this from one page is not content: the load is stopped. */
const MAX_PAGE_BYTES = 40 * 1024 * 1024
const MAX_HEADERS = 100
const MAX_HEADER_LENGTH = 1000

/** How Chromium calls an error status without a body: the status says it all. */
export const EMPTY_REFUSAL = 'net::ERR_HTTP_RESPONSE_CODE_FAILURE'

export interface Watched {
  /** The newest answer to the main request, redirects left out. */
  response: HTTPResponse | null
  /** Received so far, of everything, as the page sees it. */
  bytes: number
  /** The newest address the main frame could not be led to. */
  failedUrl: string | null
}

/** Attaches all listeners; they live as long as the page. */
export async function watch(page: Page, session: CDPSession, signals: Signals): Promise<Watched> {
  const watched: Watched = { response: null, bytes: 0, failedUrl: null }
  page.on('response', (response) => {
    const request = response.request()
    if (!request.isNavigationRequest() || request.frame() !== page.mainFrame()) return
    if (response.status() >= 300 && response.status() < 400 && response.headers()['location'] !== undefined)
      return
    watched.response = response
    signals.finalUrl = maskAddress(response.url())
    if (isFile(response)) signals.download = true
  })
  page.on('requestfailed', (request) => {
    if (!request.isNavigationRequest() || request.frame() !== page.mainFrame()) return
    const text = request.failure()?.errorText ?? 'failed'
    watched.failedUrl = request.url()
    // After a response this is a cut body; before one, goto() rejects with the same text.
    const harmless = text === EMPTY_REFUSAL || text === 'net::ERR_ABORTED'
    if (watched.response?.request() === request && !harmless) signals.mainFailed = text
  })
  page.on('error', (error) => {
    signals.fault ??= { reason: 'page', detail: error.message }
  })
  // Nobody reads them, and a page may open many.
  page.on('popup', (popup) => void popup?.close().catch(() => undefined))
  page.on('dialog', (dialog) => void dialog.dismiss().catch(() => undefined))
  session.on('Page.downloadWillBegin', () => {
    signals.download = true
  })
  await Promise.all([session.send('Page.enable'), boundBytes(session, watched, signals)])
  return watched
}

/** Stops a page that never stops sending. */
async function boundBytes(session: CDPSession, watched: Watched, signals: Signals): Promise<void> {
  session.on('Network.dataReceived', ({ dataLength }) => {
    watched.bytes += dataLength
    if (watched.bytes <= MAX_PAGE_BYTES || signals.error !== null) return
    signals.error = `BODY_TOO_LARGE: more than ${MAX_PAGE_BYTES / 1024 / 1024} MB`
    void session.send('Page.stopLoading').catch(() => undefined)
  })
  await session.send('Network.enable', { maxTotalBufferSize: 0, maxResourceBufferSize: 0 })
}

function isFile(response: HTTPResponse): boolean {
  return /^\s*attachment/i.test(response.headers()['content-disposition'] ?? '')
}

/** Status and headers, bounded. */
export function mainResponse(response: HTTPResponse): MainResponse {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(response.headers()).slice(0, MAX_HEADERS)) {
    headers[name.toLowerCase()] = value.slice(0, MAX_HEADER_LENGTH)
  }
  return { status: response.status(), headers }
}

/** Phases of the main request, as the browser's network stack saw them. */
export function networkTimings(response: HTTPResponse): Partial<Timings> {
  const timing = response.timing()
  if (!timing) return {}
  const span = (from: number, to: number) =>
    from >= 0 && to >= from ? Math.round((to - from) * 10) / 10 : undefined
  const phases = {
    dns: span(timing.dnsStart, timing.dnsEnd),
    // The browser counts TLS as part of connecting.
    connect: span(timing.connectStart, timing.sslStart >= 0 ? timing.sslStart : timing.connectEnd),
    tls: span(timing.sslStart, timing.sslEnd),
    response: span(timing.sendEnd, timing.receiveHeadersEnd),
    firstByte: span(0, timing.receiveHeadersEnd),
  }
  return Object.fromEntries(Object.entries(phases).filter(([, value]) => value !== undefined))
}
