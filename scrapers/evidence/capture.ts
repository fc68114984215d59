/** Takes picture and markup of a page that is still open: secrets out first, then both, within a time limit. */
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { CDPSession, Page } from 'puppeteer-core'
import { MAX_HTML, MAX_SCREENSHOT } from '../../engine/index.ts'
import { inPage, insulated } from '../pool/ask.ts'
import { within } from '../pool/browsers.ts'
import type { ListSpec, ReaderMap, ValueSpec } from '../read/field.ts'
import { type Redacted, type RedactQuestion, redactPage } from './in-page-redact.ts'
import { maskText } from './mask.ts'
import { maskParameters } from './mask-address.ts'

/** Longest time a capture may keep a page, ms. */
export const CAPTURE_MS = 4000

export interface Captured {
  title: string
  /** WebP. */
  screenshot: { image: Buffer; width: number; height: number } | null
  html: { packed: Buffer; bytes: number; cut: boolean } | null
}

const pack = promisify(gzip)

/** Null where the page could not be looked at; then nothing of it is kept, as nothing of it was redacted. Never rejects. */
export async function capture(page: Page, read: ReaderMap, ms = CAPTURE_MS): Promise<Captured | null> {
  return within(ms, take(page, read, ms)).catch(() => null)
}

async function take(page: Page, read: ReaderMap, ms: number): Promise<Captured> {
  const session = await page.createCDPSession()
  const { title, html, cut } = await redact(session, { hide: privateSelectors(read), mode: 'mask' }, ms / 2)
  const screenshot = await shoot(session, page).catch(() => null)
  return { title, screenshot, html: await packed(html, cut) }
}

/** Redacts the live page and tells its markup. Its scripts run no more: they could put back what was taken out. */
export async function redact(session: CDPSession, question: RedactQuestion, ms: number): Promise<Redacted> {
  await session.send('Emulation.setScriptExecutionDisabled', { value: true })
  const work = `(${redactPage.toString()})(question, ${maskText.toString()}, ${maskParameters.toString()})`
  // Written by our own function.
  return (await inPage(session, insulated(work, question), ms)) as Redacted
}

/** Selectors of the elements whose values are private, those inside lists included. */
export function privateSelectors(read: ReaderMap): RedactQuestion['hide'] {
  return Object.values(read).flatMap((spec) => {
    if (spec.kind === 'product') return []
    if (spec.private === true)
      return [{ selector: named(spec), attr: spec.kind === 'list' ? undefined : spec.attr }]
    const inner = spec.kind === 'list' ? Object.values(spec.fields ?? {}) : []
    return inner
      .filter((each) => each.private === true)
      .map((each) => ({
        selector: each.selector === '' ? named(spec) : `:is(${named(spec)}) :is(${named(each)})`,
        attr: each.attr,
      }))
  })
}

function named({ selector, or = [] }: ValueSpec | ListSpec): string {
  return [selector, ...or].join(', ')
}

/** Coarser until it is small enough. */
async function shoot(session: CDPSession, page: Page): Promise<Captured['screenshot']> {
  const { width, height } = page.viewport() ?? { width: 1366, height: 900 }
  for (const [quality, scale] of [
    [60, 1],
    [30, 1],
    [30, 0.5],
  ] as const) {
    const { data } = await session.send('Page.captureScreenshot', {
      format: 'webp',
      quality,
      optimizeForSpeed: true,
      ...(scale < 1 && { clip: { x: 0, y: 0, width, height, scale } }),
    })
    const image = Buffer.from(data, 'base64')
    if (image.length <= MAX_SCREENSHOT) return { image, width: width * scale, height: height * scale }
  }
  return null
}

/** Shorter until it is small enough. */
export async function packed(html: string, cut: boolean): Promise<Captured['html']> {
  for (
    let text = html, shortened = cut;
    text !== '';
    text = text.slice(0, text.length >> 1), shortened = true
  ) {
    const raw = Buffer.from(text)
    const small = await pack(raw)
    if (small.length <= MAX_HTML) return { packed: small, bytes: raw.length, cut: shortened }
  }
  return null
}
