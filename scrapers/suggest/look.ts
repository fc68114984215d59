/** Asks an open page what it could be known by and what could be read of it. */
import type { Page } from 'puppeteer-core'
import { inPage, insulated } from '../pool/ask.ts'
import { type RawSuggestions, suggestInPage } from './in-page-suggest.ts'

const LOOK_MS = 4000

/** Rejects where the page does not answer. */
export async function lookForSuggestions(page: Page): Promise<RawSuggestions> {
  const session = await page.createCDPSession()
  // Written by our own function.
  return (await inPage(
    session,
    insulated(`(${suggestInPage.toString()})()`, null),
    LOOK_MS,
  )) as RawSuggestions
}
