/** The fleet page in a real Chromium, behind the real routes and guard: what a team lead sees, whatever is in it. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { serve, type ServerType } from '@hono/node-server'
import type { Browser, Page } from 'puppeteer-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { testApp } from '../app.fixture.ts'
import { fleetFixture } from '../fleet/fleet.fixture.ts'
import { launchChromium } from './fixture-chromium.ts'
import { boardRoutes } from './routes.ts'

const WALL = { width: 1920, height: 1080 }
const PHONE = { width: 390, height: 844 }
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let browser: Browser
let page: Page
let server: ServerType
let shown: Parameters<typeof fleetFixture>[1]
let redis: boolean
let errors: string[]

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

beforeEach(async () => {
  shown = 'usual'
  redis = true
  errors = []
  const read = async () => fleetFixture(Date.now(), shown)
  const { app, reader } = testApp({ page: boardRoutes(), clock: Date.now, fleet: { read } })
  reader.health = () => ({ ...reader.state, now: Date.now(), redis: { ...reader.state.redis, ok: redis } })
  server = await new Promise<ServerType>((resolve) => {
    const made = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => resolve(made))
  })
  page = await browser.newPage()
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('dialog', (dialog) => {
    errors.push(`dialog ${dialog.message()}`)
    void dialog.dismiss()
  })
})
afterEach(async () => {
  await page.close()
  await new Promise((resolve) => {
    server.close(resolve)
    // A browser that still asks for the next state would keep it open.
    if ('closeAllConnections' in server) server.closeAllConnections()
  })
  expect(errors).toEqual([])
})

async function open(size = WALL, query = '', scheme: 'dark' | 'light' = 'dark'): Promise<void> {
  await page.setViewport(size)
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/fleet${query}`)
  await page.waitForSelector('#sums:not(:empty)')
}

const textOf = (selector: string): Promise<string> => page.$eval(selector, (node) => node.textContent)
const names = (): Promise<string[]> =>
  page.$$eval('.names .name', (nodes) => nodes.map((node) => node.textContent))

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

/** What sticks out of the screen sideways. */
function outside(): string[] {
  return [...document.querySelectorAll('body *')]
    .filter((node) => node.checkVisibility() && !node.closest('svg') && !node.closest('thead'))
    .filter((node) => node.getBoundingClientRect().right > innerWidth + 1)
    .map((node) => `${node.tagName}.${node.className}`)
}

test('worst first, with the reason, and everything beside it', async () => {
  await open()
  expect(await textOf('#headline')).toBe('4 of 21 scrapers bring nothing right')
  expect((await names()).slice(0, 4)).toEqual(['north-bank', 'coast-bank', 'river-bank', 'stone-bank'])
  const row = await page.$$eval('#rows tr:first-child > *', (cells) => cells.map((cell) => cell.textContent))
  expect(row[1]).toMatch(/^balance missing in 12 of 12 runs.*began with our deploy 4f2a.*nothing matches/)
  expect(row[3]).toBe('100%')
  expect(row[4]).toBe('76%')
  expect(row[5]).toContain('balance 40%, 99% in its week')
  expect(row[6]).toBe('12 min')
  expect(row[9]).toBe('9c1eloaded 3 d agodeploy 4f2a 14 min ago')
  expect(row[10]).toBe('1: balance')
  expect(await page.$eval('#top a', (link) => [link.pathname, link.textContent])).toEqual(['/', 'Wallboard'])
  expect(await page.$eval('.strip', (node) => node.getAttribute('aria-label'))).toBe(
    'Last 50 runs: 38 ok, then 12 layout changed (selector)',
  )
  expect(
    await page.$$eval('tr:first-child .links a', (links) => links.map((a) => a.getAttribute('href'))),
  ).toEqual(['/v1/evidence/a1b2c3d4e5f6-20000-1', '/v1/runs?scraper=north-bank'])
})

test('hostile text is text; nothing sticks out; axe finds nothing', async () => {
  shown = 'hostile'
  for (const [size, scheme] of [
    [WALL, 'dark'],
    [PHONE, 'light'],
  ] as const) {
    await open(size, '', scheme)
    expect(await textOf('#rows')).toContain('<img src=x onerror=alert(1)>')
    expect(await textOf('#rows')).not.toContain('\u202E')
    expect(await page.$$eval('#rows img, #rows script', (nodes) => nodes.length)).toBe(0)
    expect(await page.evaluate(outside)).toEqual([])
  }
  // Once, since it takes seconds: the dark wall is looked at below.
  expect(await violations()).toEqual([])
})

test('one may choose, and the choice stands in the address', async () => {
  await open(WALL, '?fleet=exchanges')
  expect(await names()).toEqual(['coin-exchange'])
  await page.select('#label', '')
  await page.waitForFunction(() => document.querySelectorAll('#rows tr').length === 21)
  await page.click('#moods button')
  await page.waitForFunction(() => document.querySelectorAll('#rows tr').length === 4)
  await page.type('#search', 'river')
  await page.waitForFunction(() => document.querySelectorAll('#rows tr').length === 1)
  expect(new URL(page.url()).search).toBe('?mood=bad&scraper=river')
  expect(await page.$eval('#moods button', (node) => node.ariaPressed)).toBe('true')
})

test('thousands come in pieces, and none at all is said', async () => {
  shown = 120
  await open()
  expect(await page.$$eval('#rows tr', (rows) => rows.length)).toBe(50)
  expect(await textOf('#more')).toBe('Show more and 70 more, 120 in all')
  await page.click('#more button')
  await page.waitForFunction(() => document.querySelectorAll('#rows tr').length === 100)
  expect(new Set(await names()).size).toBe(100)
  shown = 'none'
  await open()
  expect(await textOf('#headline')).toBe('No scrapers')
})

test('evidence opens, and what is not kept any more is said', async () => {
  await open()
  await page.click('.links a')
  await page.waitForSelector('#proof[open]')
  expect(await textOf('#proof-title')).toBe('north-bank: layout changed (selector)')
  await page.waitForSelector('#proof-gone:not([hidden])')
  expect(await page.$eval('#proof-picture', (node) => node.checkVisibility())).toBe(false)
  expect(await violations()).toEqual([])
})

test('with Redis away it says so, turns grey and keeps what was known', async () => {
  await open()
  redis = false
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
  await page.waitForSelector('#news:not(:empty)')
  expect(await textOf('#news')).toContain('cannot reach Redis')
  expect(await page.$eval('body', (node) => node.dataset['link'])).toBe('cut')
  expect(await names()).toHaveLength(21)
  expect(await violations()).toEqual([])
  redis = true
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
  await page.waitForSelector('body[data-link=live]')
})
