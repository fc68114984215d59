/** The wallboard in a real Chromium on a real WebSocket: news comes by socket only, and its absence is said. */
import type { Browser, Page } from 'puppeteer-core'
import { afterAll, beforeAll, describe, expect, test as plain } from 'vitest'
import { launchChromium } from './fixture-chromium.ts'
import { startFixtureServer, type FixtureServer } from './fixture-server.ts'
import { alert, input, row, rows, STATES } from './fixture.ts'
import { boardState } from './state.ts'

let browser: Browser
beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

/** Each test has its own server and page, so that they can wait side by side. */
const test = plain.extend<{ screen: Screen }>({
  // oxlint-disable-next-line no-empty-pattern -- vitest reads the parameter's shape
  screen: async ({}, use) => {
    const server = await startFixtureServer()
    const context = await browser.createBrowserContext()
    const page = await context.newPage()
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(String(error)))
    await page.setViewport({ width: 1920, height: 1080 })
    await use({ server, page })
    await context.close()
    await server.close()
    expect(errors).toEqual([])
  },
})

interface Screen {
  server: FixtureServer
  page: Page
}

async function open({ page, server }: Screen): Promise<void> {
  server.show(STATES['fine']!())
  await page.goto(server.url)
  await page.waitForSelector('#rate:not(:empty)')
}

const textOf = (page: Page, selector: string): Promise<string> =>
  page.$eval(selector, (node) => node.textContent ?? '')
const says = (page: Page, selector: string, words: RegExp, timeout = 12_000) =>
  page.waitForFunction(
    (where, source) => new RegExp(source).test(document.querySelector(where)?.textContent ?? ''),
    { timeout, polling: 100 },
    selector,
    words.source,
  )

describe.concurrent('one socket, nothing else', () => {
  test('values change by socket only: HTTP is blocked after load', async ({ screen }) => {
    const { page, server } = screen
    await open(screen)
    expect(await textOf(page, '#first')).toBe('All 8 banks fine.')
    await page.setRequestInterception(true)
    const requests: string[] = []
    page.on('request', (request) => {
      // The favicon is a data: URL and asks nobody.
      if (!request.url().startsWith('data:')) requests.push(request.url())
      void request.abort()
    })
    const before = server.asked.length
    server.show(
      boardState(
        input({ alerts: [alert()], kpis: rows({ latency: [row({}, { p95: 1234, count: 7, rate: 1.5 })] }) }),
      ),
    )
    await says(page, '#first', /^7 of 8 banks fine\.$/)
    await says(page, '#second', /^North Bank changed its page 4 min ago\.$/)
    await says(page, '.promise:nth-child(3) .value', /^1,234$/)
    await says(page, '.number:nth-child(1) .value', /^7$/)
    expect(await page.title()).toBe('✕ 1 problem — Acme Data')
    expect(await page.$eval('body', (body) => body.dataset['mood'])).toBe('bad')
    server.show(STATES['fine']!())
    await says(page, '#first', /^All 8 banks fine\.$/)
    expect(await page.title()).toBe('✓ All fine — Acme Data')
    expect(requests).toEqual([])
    expect(server.asked.length).toBe(before)
  })

  test('ages move without messages', async ({ screen }) => {
    const { page, server } = screen
    await open(screen)
    server.mute()
    const first = await textOf(page, '#newest')
    await page.waitForFunction((old) => document.querySelector('#newest')?.textContent !== old, {}, first)
  })

  test('cut for 10 s: says how old its news is, claims nothing, and heals', async ({ screen }) => {
    const { page, server } = screen
    await open(screen)
    server.cut()
    const cutAt = Date.now()
    await says(page, '#news', /^No news for [5-7] s — last known state$/)
    expect(await page.$eval('body', (body) => [body.dataset['mood'], body.dataset['link']])).toEqual([
      'unknown',
      'cut',
    ])
    expect(await textOf(page, '#state')).toBe('Last known')
    expect(await page.title()).toMatch(/^\? No news for \d+ s/)
    expect(await textOf(page, '#first')).toBe('All 8 banks fine.')
    await says(page, '#news', /^No news for 9 s/)
    server.show(STATES['problems']!())
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, 10_000 - (Date.now() - cutAt))))
    server.mend()
    await says(page, '#first', /^6 of 8 banks fine\.$/)
    await page.waitForFunction(
      () => document.body.dataset['link'] === 'live' && document.body.dataset['mood'] === 'bad',
    )
    expect(await page.$eval('#news', (node) => node.checkVisibility())).toBe(false)
  }, 120_000)

  test('a socket that is open but silent is given up for a new one', async ({ screen }) => {
    const { page, server } = screen
    await open(screen)
    server.mute()
    await says(page, '#news', /^No news for/)
    await page.waitForFunction(() => performance.now() > 0 && /1[0-9] s/.test(document.title), {
      timeout: 20_000,
    })
    server.show(STATES['problems']!())
    server.mend()
    await says(page, '#first', /^6 of 8/)
  }, 120_000)

  test('a server that answers but brings no new board is no news either', async ({ screen }) => {
    const { page, server } = screen
    await open(screen)
    server.freeze()
    await says(page, '#news', /^No news for 1[5-9] s/, 25_000)
    server.mend()
    await page.waitForFunction(() => document.body.dataset['link'] === 'live')
  }, 120_000)

  test('a server that was never there is said too', async ({ screen }) => {
    const { page, server } = screen

    server.cut()
    await page.goto(server.url)
    await says(page, '#news', /^Weir has not answered for \d+ s$/)
    server.show(STATES['fine']!())
    server.mend()
    await says(page, '#first', /^All 8 banks fine\.$/)
  }, 120_000)
})
