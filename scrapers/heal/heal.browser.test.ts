/** A redesign, lived through: a real page changes, real Chromium reads it, and Redis remembers between two processes. */
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  connect,
  type HealMemory,
  openHealMemory,
  openProposals,
  type ProposalBook,
  type RunEvent,
} from '../../engine/index.ts'
import { findChromium } from '../../launch/chromium.ts'
import { type TestRedis, startRedis } from '../../test/harness/redis.ts'
import { type BrowserScraper, list, money, scraper, text } from '../index.ts'
import { redisGate } from '../politeness/redis-gate.ts'
import { PATIENT } from '../pool/patient.fixture.ts'
import { type Pool, openPool } from '../pool/pool.ts'
import { run } from '../run.ts'
import { createHealer } from './healer.ts'

let redis: TestRedis
let server: Server
let pool: Pool
let book: ProposalBook
let client: ReturnType<typeof connect>
/** One each, as two processes would have. */
let memories: HealMemory[]
let body = ''

beforeAll(async () => {
  redis = await startRedis()
  client = connect(redis.url, 'commit')
  await client.connect()
  memories = [openHealMemory(redis.url, 'test'), openHealMemory(redis.url, 'test')]
  book = openProposals(redis.url, 'test')
  server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
    response.end(
      `<!doctype html><html><head><title>Shop</title></head><body><h1>Lamp</h1>${body}</body></html>`,
    )
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  pool = await openPool({ executable: (await findChromium()).path, workers: 1, ...PATIENT })
})
afterAll(async () => {
  await pool?.close()
  server?.closeAllConnections()
  server?.close()
  await Promise.all(memories.map((each) => each.close()))
  await book?.close()
  client?.disconnect()
  await redis?.stop()
})

let n = 0
/** A run by one process and then the other, in turn. */
function visit(target: BrowserScraper): Promise<RunEvent> {
  n += 1
  return run(target, 'v1', {
    gate: redisGate(client, 'test', () => performance.now()),
    pool,
    now: Date.now,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    publish: async () => undefined,
    publishRows: async () => undefined,
    healer: createHealer(memories[n % 2]!, { now: Date.now }),
    hostsRemapped: false,
  })
}

function shop(name: string, read: BrowserScraper['read']): BrowserScraper {
  const { port } = server.address() as AddressInfo
  const visit = `http://127.0.0.1:${port}/`
  return scraper(name, { visit, every: '1m', local: true, settle: '0s', is: ['h1 = Lamp'], read })
}

const stated = (price: number): string =>
  `<script type="application/ld+json">{"@type":"Product","offers":{"price":${price}}}</script>`

test('what two sources agree on is read at once, and marked', async () => {
  const target = shop('agreed', { price: money('.price'), owner: text('.owner', { private: true }) })
  body = `<div><b class="owner">Jane Roe</b><span class="price">20,00 €</span></div>${stated(20)}`
  expect(await visit(target)).toMatchObject({
    outcome: 'ok',
    reason: 'all_valid',
    present: ['price', 'owner'],
  })
  // Nobody may see the owner: nothing is kept of her, not even as the text before the price.
  expect((await memories[0]!.recall('agreed')).lessons).not.toMatch(/Jane|Roe/)
  body = `<section><b class="owner">Jane Roe</b><i class="amount">21,00 €</i></section>${stated(21)}`
  const healed = await visit(target)
  expect(healed).toMatchObject({
    outcome: 'ok',
    reason: 'healed',
    healed: ['price'],
    present: ['owner'],
    missing: [],
  })
  expect(healed.detail).toMatch(/price: read by "\.amount", by structured data and structure/)
  expect(JSON.parse(healed.data!)).toEqual({ price: 21 })
  // A person who knows better is heard.
  const [proposal] = await book.list({ scraper: 'agreed', limit: 1 })
  expect(proposal).toMatchObject({ tier: 'auto', how: { selector: '.amount' }, value: '21', was: '20' })
  await book.decide(proposal!.id, 'refused', 'ann')
  expect(await visit(target)).toMatchObject({
    outcome: 'layout_changed',
    missing: ['price'],
    detail: /was refused/,
  })
})

test('a proposal is no value before somebody accepts it, and one for all processes then', async () => {
  const target = shop('proposed', { price: money('.price', { label: 'Price:' }) })
  body = '<dl><dt>Price:</dt><dd class="price">20,00 €</dd><dt>Tax:</dt><dd>4,00 €</dd></dl>'
  expect(await visit(target)).toMatchObject({ outcome: 'ok' })
  body = '<dl><dt>Tax:</dt><dd>4,00 €</dd><dt>Price:</dt><dd class="cost">22,00 €</dd></dl>'
  const waits = await visit(target)
  expect(waits).toMatchObject({
    outcome: 'layout_changed',
    missing: ['price'],
    detail: /proposal proposed~\w+ waits/,
  })
  expect(waits.data).toBeUndefined()
  const [proposal] = await book.list({ scraper: 'proposed', limit: 1 })
  await book.decide(proposal!.id, 'accepted', 'ann')
  for (const run of [await visit(target), await visit(target)]) {
    expect(run).toMatchObject({ outcome: 'ok', reason: 'healed', healed: ['price'] })
    expect(run.detail).toMatch(/read by "\.cost", accepted by ann/)
  }
  // Another declaration is another field.
  const changed = shop('proposed', { price: money('.prize', { label: 'Price:' }) })
  expect(await visit(changed)).toMatchObject({ outcome: 'layout_changed', missing: ['price'] })
})

test('a declared fallback reads, records of a list move, and three runs that agree are enough', async () => {
  const rows = ['Rent', 'Salary', 'Books'].map((name, i) => [name, `${i}1,00 €`])
  const read = {
    total: money('.total', { or: ['.sum', '.grand'] }),
    rows: list('tr', { fields: { name: text('.n'), amount: money('.a') } }),
  }
  const target = shop('records', read)
  const cell = (tag: string, [name, amount]: string[]): string =>
    `<${tag}><i class="n">${name}</i><i class="a">${amount}</i></${tag}>`
  body = `<p class="total">63,00 €</p><table>${rows.map((row) => cell('tr><td', row).replace('</tr><td>', '</td></tr>')).join('')}</table>`
  expect(await visit(target)).toMatchObject({ outcome: 'ok', reason: 'all_valid' })
  body = `<p class="sum">64,00 €</p><ul class="book">${['New', ...rows.map(([name]) => name)].map((name, i) => cell('li', [name!, rows[i - 1]?.[1] ?? '9,00 €'])).join('')}</ul>`
  for (let i = 0; i < 3; i += 1) {
    const waits = await visit(target)
    expect(waits).toMatchObject({ missing: ['rows'], healed: ['total'] })
  }
  const healed = await visit(target)
  expect(healed).toMatchObject({ outcome: 'ok', healed: ['total', 'rows'] })
  expect(healed.detail).toMatch(/fallback "\.sum".*accepted by weir, after 3 runs/)
  expect(JSON.parse(healed.data!)).toMatchObject({
    total: 64,
    rows: { length: 4, 0: { name: 'New', amount: 9 } },
  })
})

test('what structured data contradicts is doubted, and what is gone is not made up', async () => {
  const target = shop('doubted', { price: money('.price') })
  body = `<span class="price">20,00 €</span>${stated(20)}`
  await visit(target)
  const later = createHealer(memories[0]!, { now: () => Date.now() + 3_600_000 })
  const begun = await later.begin(target)
  expect(begun.scraper.read).toEqual(target.read)
  body = `<span class="price">5,00 €</span><b>was 20,00 €</b>${stated(20)}`
  const { gate, ...rest } = { gate: redisGate(client, 'test', () => performance.now()), pool, now: Date.now }
  const world = {
    gate,
    ...rest,
    sleep: async () => undefined,
    publish: async () => undefined,
    publishRows: async () => undefined,
  }
  const doubted = await run(target, 'v1', { ...world, healer: later, hostsRemapped: false })
  expect(doubted).toMatchObject({ outcome: 'ok', reason: 'doubted', doubted: ['price'], present: ['price'] })
  expect(doubted.detail).toBe('price: the page states 20')
  body = '<p>Sold out</p><b>was 20,00 €</b>'
  expect(await visit(target)).toMatchObject({ outcome: 'layout_changed', missing: ['price'] })
})
