/** The markup of a page as it stands, after its scripts have run. */
import type { Page } from 'puppeteer-core'
import { inPage, insulated } from '../pool/ask.ts'
import { MAX_HTML } from './document.ts'

const HTML_MS = 2000

/** Null where the page does not answer in time. Never rejects. */
export async function pageHtml(page: Page): Promise<string | null> {
  try {
    const session = await page.createCDPSession()
    const work = `document.documentElement.outerHTML.slice(0, question)`
    return String(await inPage(session, insulated(work, MAX_HTML), HTML_MS))
  } catch {
    return null
  }
}
