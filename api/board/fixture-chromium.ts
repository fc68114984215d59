/** A real Chromium for the tests of the page: WEIR_CHROMIUM, else the one that ships inside an npm package. */
import chromium from '@sparticuz/chromium'
import puppeteer, { type Browser } from 'puppeteer-core'

export async function launchChromium(): Promise<Browser> {
  return puppeteer.launch({
    executablePath: process.env['WEIR_CHROMIUM'] ?? (await chromium.executablePath()),
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--disable-background-networking'],
    headless: 'shell',
    pipe: true,
  })
}
