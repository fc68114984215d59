/** The wallboard in a real Chromium: what people see on the wall and in the hand, whatever the state is. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Browser, Page } from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startFixtureServer, type FixtureServer } from './fixture-server.ts'
import { launchChromium } from './fixture-chromium.ts'
import { STATES } from './fixture.ts'

const WALL = { width: 1920, height: 1080 }
const PHONE = { width: 390, height: 844 }
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let browser: Browser
let server: FixtureServer
let page: Page
let errors: string[]

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

beforeEach(async () => {
  server = await startFixtureServer()
  page = await browser.newPage()
  errors = []
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('dialog', (dialog) => {
    errors.push(`dialog ${dialog.message()}`)
    void dialog.dismiss()
  })
})
afterEach(async () => {
  await page.close()
  await server.close()
  expect(errors).toEqual([])
})

async function open(state: string, size = WALL, scheme: 'dark' | 'light' = 'dark'): Promise<void> {
  server.show(STATES[state]!())
  await page.setViewport(size)
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
  await page.goto(server.url)
  await page.waitForSelector('#rate:not(:empty)')
}

/** Everything a reader could miss: font sizes of visible text, what sticks out of the screen, what scrolls. */
function look() {
  const sizes: { text: string; size: number }[] = []
  const outside: string[] = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement!
    const text = node.textContent!.trim()
    if (text === '' || !parent.checkVisibility() || parent.closest('noscript')) continue
    sizes.push({ text, size: Number.parseFloat(getComputedStyle(parent).fontSize) })
  }
  for (const node of document.querySelectorAll('#board *')) {
    if (!node.checkVisibility() || node.closest('svg')) continue
    const box = node.getBoundingClientRect()
    if (box.right > innerWidth + 1 || box.left < -1)
      outside.push(`${node.tagName}.${node.className} sideways`)
    if (box.bottom > innerHeight + 1) outside.push(`${node.tagName}.${node.className} below`)
  }
  const of = (selector: string): number[] =>
    [...document.querySelectorAll(selector)].map((node) => Number.parseFloat(getComputedStyle(node).fontSize))
  const { scrollWidth, scrollHeight } = document.documentElement
  const board = document.querySelector('#board')!
  return {
    small: sizes.filter((each) => each.size < 24),
    outside,
    headline: of('#first, #second'),
    values: of('.value'),
    page: [scrollWidth, scrollHeight, board.scrollHeight],
    alerts: [...document.querySelectorAll('.alert')].filter((node) => node.checkVisibility()).length,
    more: document.querySelector('#more')!.textContent,
    cutOff: [
      ...document.querySelectorAll('h1 > span, .title, .unit, .value, .target-words, .sentence, .cause'),
    ]
      .filter((node) => node.scrollWidth > node.clientWidth + 1 && node.clientWidth > 0)
      .map((node) => node.textContent),
    firstAlert: document.querySelector('.alert')?.getBoundingClientRect().bottom ?? 0,
  }
}

describe.each(Object.keys(STATES))('%s', (state) => {
  test('on a wall of 1920 × 1080', async () => {
    await open(state)
    const seen = await page.evaluate(look)
    expect(seen.small).toEqual([])
    expect(Math.min(...seen.headline)).toBeGreaterThanOrEqual(96)
    expect(Math.min(64, ...seen.values)).toBeGreaterThanOrEqual(64)
    expect(seen.page).toEqual([1920, 1080, 1080])
    expect(seen.outside).toEqual([])
    if (state !== 'hostile') expect(seen.cutOff).toEqual([])
    const { alerts, moreAlerts } = STATES[state]!()
    expect(seen.alerts).toBeGreaterThanOrEqual(Math.min(1, alerts.length))
    const rest = alerts.length - seen.alerts + moreAlerts
    expect(seen.more).toBe(rest > 0 ? `and ${rest} more` : '')
  })

  test('in the hand, 390 wide', async () => {
    await open(state, PHONE)
    const seen = await page.evaluate(look)
    expect(seen.page[0]).toBe(390)
    expect(seen.outside.filter((each) => each.endsWith('sideways'))).toEqual([])
    expect(seen.firstAlert).toBeLessThan(844)
  })

  test('axe finds nothing, at both sizes, dark and light', async () => {
    for (const size of [WALL, PHONE]) {
      for (const scheme of ['dark', 'light'] as const) {
        await open(state, size, scheme)
        expect(await violations()).toEqual([])
      }
    }
  })
})

test('an alert says whether it began with a change of ours: beside its cause in the hand, for one of both on a full wall', async () => {
  const told = () =>
    page.$$eval('.alert :is(.origin, .cause)', (all) =>
      all.filter((each) => each.checkVisibility()).map((each) => each.textContent),
    )
  const [ours, none] = ['Began with our deploy 4f2a, 3 min before', 'No change of ours in 6 days']
  await open('problems', PHONE)
  const causes = [
    'selector [data-balance] matched nothing',
    'HTTP 503 from lake-bank.example',
    '1,242 against 303 normally',
  ]
  expect(await told()).toEqual([ours, causes[0], none, causes[1], causes[2]])
  await open('problems')
  expect(await told()).toEqual([ours, causes[1], causes[2]])
  expect(await page.$eval('footer a', (link) => link.href)).toBe(`${server.url}fleet`)
})

describe('pictures of what pages showed', () => {
  const hostile = '<img src=x onerror=alert(1)>'

  async function openProved(state: string, size = WALL): Promise<void> {
    await page.setViewport({ width: 683, height: 450 })
    await page.goto('about:blank')
    await page.setContent('<h1 style="font:90px sans-serif">Accounts</h1>')
    const picture = await page.screenshot({ type: 'webp' })
    server.prove(new Uint8Array(picture), {
      outcome: 'layout_changed',
      reason: 'selector',
      detail: hostile,
      fields: ['balance'],
      at: Date.now(),
      url: 'javascript:alert(2)',
      title: hostile,
      status: 200,
      scraper: 'north-bank',
      version: 'v1',
      headers: { server: hostile },
      links: { screenshot: '/v1/evidence/x/screenshot', html: '/v1/evidence/x/html' },
    })
    await open(state, size)
    // Of every alert that names one, on whichever board is there.
    await page.waitForFunction(() =>
      [...document.querySelectorAll<HTMLImageElement>('.proof img[src]')].every((one) => one.complete),
    )
    await page.waitForSelector('.proof:not([hidden])')
  }

  test('they stand beside their alerts, and cost no room that an alert needs', async () => {
    for (const state of ['problems', 'many', 'sentence', 'torture']) {
      await open(state)
      const without = await page.evaluate(look)
      await openProved(state)
      const seen = await page.evaluate(look)
      expect(seen.alerts).toBe(without.alerts)
      expect(seen.page).toEqual([1920, 1080, 1080])
      expect(seen.outside).toEqual([])
      expect(seen.cutOff).toEqual([])
    }
    await openProved('problems')
    const [width, height] = await page.$eval('.proof', (node) => [node.clientWidth, node.clientHeight])
    expect(width! * height!).toBeGreaterThan(8000)
    await openProved('problems', PHONE)
    const seen = await page.evaluate(look)
    expect(seen.outside.filter((each) => each.endsWith('sideways'))).toEqual([])
    expect(seen.firstAlert).toBeLessThan(844)
  })

  test('one opens with what is known beside it, as text, and closes', async () => {
    for (const size of [WALL, PHONE]) {
      await openProved('problems', size)
      await page.click('.proof')
      await page.waitForSelector('#proof-links a')
      const text = await page.$eval('#proof', (node) => node.textContent)
      expect(text).toContain('North Bank changed its page')
      expect(text).toContain(hostile)
      expect(
        await page.$$eval('#proof a', (nodes) => nodes.map((node) => node.getAttribute('href'))),
      ).toEqual(['/v1/evidence/x/html'])
      expect(await page.$$eval('#proof-facts img', (nodes) => nodes.length)).toBe(0)
      const wide = await page.$eval('#proof', (node) => node.getBoundingClientRect().right - innerWidth)
      expect(wide).toBeLessThanOrEqual(0)
      expect(await violations()).toEqual([])
      await page.keyboard.press('Escape')
      expect(await page.$eval('#proof', (node) => (node as HTMLDialogElement).open)).toBe(false)
      expect(await violations()).toEqual([])
    }
  })

  test('of an answer read without a browser there is a sign, and its beginning beside what is known', async () => {
    const body = `<!doctype html><h1>Accounts</h1>${hostile}${'<p>Payment</p>'.repeat(2000)}`
    const links = { screenshot: null, html: '/v1/evidence/x/html' }
    const common = { reason: 'selector', detail: 'nothing matches "#b"', fields: ['balance'], at: Date.now() }
    const run = { kind: 'http', outcome: 'layout_changed', url: 'https://n.example/', title: '', status: 200 }
    const headers = { server: 'nginx' }
    const about = { ...common, ...run, scraper: 'north-bank', version: 'v1', headers, links }
    for (const size of [WALL, PHONE]) {
      server.prove(null, about, body)
      await open('problems', size)
      await page.waitForSelector('.proof:not([hidden])')
      expect(await page.$eval('.proof', (node) => (node as HTMLElement).innerText)).toBe('</>')
      const seen = await page.evaluate(look)
      expect(seen.outside.filter((each) => each.endsWith('sideways'))).toEqual([])
      if (size === WALL) expect([seen.page, seen.small, seen.cutOff]).toEqual([[1920, 1080, 1080], [], []])
      await page.click('.proof')
      await page.waitForSelector('#proof-text:not([hidden])')
      const text = await page.$eval('#proof-text', (node) => node.textContent)
      expect(text).toContain(hostile)
      expect(text.length).toBeLessThan(10_000)
      expect(await page.$eval('#proof-picture', (node) => node.checkVisibility())).toBe(false)
      expect(await page.$eval('#proof-facts', (node) => node.textContent)).toContain('nginx')
      const wide = await page.$eval('#proof', (node) => node.getBoundingClientRect().right - innerWidth)
      expect(wide).toBeLessThanOrEqual(0)
      expect(await violations()).toEqual([])
    }
  })

  test('one that is gone leaves no hole', async () => {
    await open('problems')
    await expect.poll(() => server.asked.some((path) => path.endsWith('/screenshot'))).toBe(true)
    await page.waitForFunction(
      () => document.querySelector<HTMLImageElement>('.proof img')?.complete === true,
    )
    expect(await page.$eval('.proof', (node) => node.checkVisibility())).toBe(false)
  })
})

test('cut: still no scroll, and axe finds nothing', async () => {
  await open('hostile', WALL, 'light')
  server.mute()
  await page.waitForSelector('#news:not(:empty)')
  const seen = await page.evaluate(look)
  expect(seen.outside).toEqual([])
  expect(seen.page).toEqual([1920, 1080, 1080])
  expect(seen.alerts).toBeGreaterThanOrEqual(1)
  expect(await violations()).toEqual([])
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }])
  expect(await violations()).toEqual([])
})

test('hostile text is text', async () => {
  await open('hostile')
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(await page.title()).not.toBe('owned')
  expect(await page.$$eval('#board script, #board img[src]', (nodes) => nodes.length)).toBe(0)
  expect(await page.$eval('#second', (node) => node.textContent)).toContain('<script>')
})

test('other walls hold it too', async () => {
  for (const size of [
    { width: 1366, height: 768 },
    { width: 3840, height: 2160 },
    { width: 2560, height: 1080 },
  ]) {
    await open('problems', size)
    const seen = await page.evaluate(look)
    expect(seen.outside).toEqual([])
    expect(seen.page).toEqual([size.width, size.height, size.height])
  }
})

async function violations(): Promise<string[]> {
  await page.evaluate(axe)
  return page.evaluate(async () => {
    const run = (window as unknown as { axe: typeof import('axe-core') }).axe.run
    const { violations: found } = await run()
    return found.flatMap((each) =>
      each.nodes.map((node) => `${each.id}: ${node.html.slice(0, 120)} ${node.failureSummary}`),
    )
  })
}
