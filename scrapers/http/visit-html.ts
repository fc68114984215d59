/** One visit of one page over plain HTTP, without a browser: recorded as the browser's would be. */
import type { BrowserScraper } from '../define/scraper.ts'
import type { Signals } from '../outcome/signals.ts'
import { decodeHtml } from '../read/charset.ts'
import { readHtml } from '../read/read-html.ts'
import { record } from '../read/record.ts'
import { type Answer, exchange } from './request.ts'
import { signalsOf } from './visit-check.ts'

const MAX_BODY = 4 * 1024 * 1024

/** Never rejects: what goes wrong is a signal. `now`: ms since 1970. `seen` is given the markup that was read. */
export async function visitHtml(
  scraper: BrowserScraper,
  now: () => number,
  seen: (html: string) => void = () => undefined,
): Promise<Signals> {
  const headers = { accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.5' }
  const answer = await exchange({ ...scraper, headers, maxBytes: MAX_BODY, maxRedirects: 20 })
  const signals = signalsOf(scraper, answer, now())
  signals.via = 'http'
  signals.optionalShare = scraper.optionalShare
  const { main } = answer
  // Of a page that never ends, what has come may be all that matters.
  if (main === null || (answer.error !== null && answer.body.length === 0)) return signals
  if (/^\s*attachment/i.test(main.headers['content-disposition'] ?? '')) signals.download = true
  else if (answer.cut) signals.error = `BODY_TOO_LARGE: more than ${MAX_BODY / 1024 / 1024} MB`
  else read(scraper, answer, signals, seen)
  return signals
}

function read(
  scraper: BrowserScraper,
  { body, finalUrl }: Answer,
  signals: Signals,
  seen: (html: string) => void,
): void {
  const html = decodeHtml(body, signals.main?.headers['content-type'])
  seen(html)
  const question = { landmarks: scraper.is, login: scraper.login, fields: scraper.read }
  try {
    record(readHtml(html, finalUrl, question), scraper, signals)
  } catch {
    signals.fault = { reason: 'hung', detail: 'the page is too intricate to be read without a browser' }
  }
}
