/** Evidence from a real page through a real pool into a real Redis: there, small, and without what nobody may see. */
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  connect,
  type EvidenceStore,
  type FieldEvent,
  openEvidence,
  type RunEvent,
} from '../../engine/index.ts'
import { findChromium } from '../../launch/chromium.ts'
import { type TestRedis, startRedis } from '../../test/harness/redis.ts'
import { attr, check, money, type ScraperOptions, scraper, text } from '../index.ts'
import { redisGate } from '../politeness/redis-gate.ts'
import { LIMITS, PATIENT } from '../pool/patient.fixture.ts'
import { type Pool, openPool } from '../pool/pool.ts'
import type { ReaderMap } from '../read/field.ts'
import { run } from '../run.ts'
import type { RunWorld } from '../run-world.ts'
import { createKeeper } from './keeper.ts'
import { PLAIN, PRIVATE_PAGE, SECRETS } from './private.fixture.ts'

/** What is bounded in production may take its time here. */
const BUSY_MACHINE_MS = 25_000

let redis: TestRedis
let server: Server
let pool: Pool
let store: EvidenceStore
let client: ReturnType<typeof connect>

beforeAll(async () => {
  redis = await startRedis()
  client = connect(redis.url, 'commit')
  await client.connect()
  store = openEvidence(redis.url, 'test', 'commit')
  server = createServer((request, response) => {
    const headers = {
      'content-type': 'text/html; charset=utf-8',
      'set-cookie': 'sid=abc123',
      'cf-ray': '8f-FRA',
    }
    if (request.url === '/big') {
      const noise = Array.from({ length: 60_000 }, (_, i) => `<i>${(i * 2654435761) % 1e8}</i>`).join(' ')
      response.writeHead(200, headers).end(`<title>North Bank</title>${noise.slice(0, 900_000)}`)
    } else if (request.url === '/json') {
      response.writeHead(500, { ...headers, 'content-type': 'text/plain' }).end('no: jane.doe@mail.example')
    } else response.writeHead(200, headers).end(PRIVATE_PAGE)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  pool = await openPool({ executable: (await findChromium()).path, workers: 1, ...PATIENT })
})
afterAll(async () => {
  await pool?.close()
  server?.closeAllConnections()
  server?.close()
  await store?.close()
  client?.disconnect()
  await redis?.stop()
})

/** Of the newest run. */
let fields: FieldEvent[] = []

function world(keeping: EvidenceStore | null = store): RunWorld {
  return {
    gate: redisGate(client, 'test', () => performance.now()),
    pool,
    now: Date.now,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    publish: async (_, rows) => void (fields = rows),
    publishRows: async () => undefined,
    keeper: createKeeper(keeping, Date.now, BUSY_MACHINE_MS),
    hostsRemapped: false,
  }
}

function url(path: string): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
}

function visit(
  name: string,
  change: Partial<ScraperOptions<ReaderMap>> = {},
  at = world(),
): Promise<RunEvent> {
  const made = scraper(name, {
    visit: url('/'),
    every: '1m',
    local: true,
    settle: '0s',
    is: ['h1 = Accounts'],
    read: {
      balance: money('#balance'),
      held: money('.amount-held', { private: true }),
      member: attr('.member', 'id', { private: true }),
      // A part of what the next one holds.
      first: text('.first', { private: true, optional: true }),
      owner: text('.owner', { private: true, optional: true }),
    },
    ...change,
  })
  return run(made, 'v1', at)
}

test('a failure shows picture, page and headers, and nothing that is secret or personal', async () => {
  const event = await visit('north-bank', { visit: url('/?token=hunter22#hunter22') })
  expect(event).toMatchObject({ outcome: 'layout_changed', missing: ['balance'] })
  expect(event.data).toBeUndefined()
  const id = event.evidence!
  expect(fields.map(({ field, state, evidence }) => [field, state, evidence])).toContainEqual([
    'balance',
    'missing',
    id,
  ])
  const about = (await store.find(id))!
  expect(about).toMatchObject({
    scraper: 'north-bank',
    fingerprint: event.fingerprint,
    fields: ['balance'],
    status: 200,
    title: 'North Bank',
    screenshot: { width: 1366, height: 900 },
    html: { cut: false },
  })
  expect(about.headers).toMatchObject({ 'cf-ray': '8f-FRA', 'content-type': 'text/html; charset=utf-8' })
  expect(Object.keys(about.headers)).not.toContain('set-cookie')
  expect(event.url).toBe(url('/?token=[secret]'))
  expect(JSON.stringify([event, about])).not.toContain('hunter22')
  const html = String(await store.html(id))
  for (const secret of SECRETS) expect(html).not.toContain(secret)
  for (const plain of PLAIN) expect(html).toContain(plain)
  expect(html).toContain('[frame of this page]')
  const picture = (await store.screenshot(id))!
  expect(picture.subarray(8, 12).toString()).toBe('WEBP')
  expect(picture.length).toBe(about.screenshot!.bytes)
  expect(await seenIn(picture)).toBeGreaterThan(3)
})

/** How many different colours a picture has in a thin sample: an empty one has one. */
async function seenIn(picture: Buffer): Promise<number> {
  return pool.run(
    async ({ page }) =>
      page.evaluate(
        async (data) => {
          const image = await createImageBitmap(await (await fetch(data)).blob())
          const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d')!
          canvas.drawImage(image, 0, 0)
          const pixels = new Uint32Array(canvas.getImageData(0, 0, image.width, image.height).data.buffer)
          return new Set(pixels.filter((_, i) => i % 7 === 0)).size
        },
        `data:image/webp;base64,${picture.toString('base64')}`,
      ),
    LIMITS,
  )
}

test('a failure that goes on is kept three times, by all processes together, and always names the newest', async () => {
  const events: RunEvent[] = []
  const processes = [world(), world()]
  for (let i = 0; i < 5; i += 1) events.push(await visit('east-bank', {}, processes[i % 2]))
  expect(new Set(events.map(({ fingerprint }) => fingerprint)).size).toBe(1)
  expect(new Set(events.map(({ evidence }) => evidence)).size).toBe(3)
  expect(events[4]!.evidence).toBe(events[2]!.evidence)
  expect(await store.list({ scraper: 'east-bank', limit: 9 })).toHaveLength(3)
})

test('a page that is too large is cut, and what sane objects to has a picture too', async () => {
  const big = await visit('big-bank', { visit: url('/big') })
  const about = (await store.find(big.evidence!))!
  expect(about.html!.cut).toBe(true)
  expect((await store.html(big.evidence!))!.length).toBe(about.html!.bytes)
  const insane = await visit('odd-bank', { read: { held: money('.amount-held') }, sane: () => 'odd' })
  expect(insane).toMatchObject({ outcome: 'invalid_data', reason: 'sane' })
  expect((await store.find(insane.evidence!))!.screenshot).not.toBeNull()
})

test('a check keeps the body; good runs and unanswered ones keep nothing', async () => {
  const down = await run(check('api', { url: url('/json'), every: '1m', local: true }), 'v1', world())
  expect(await store.find(down.evidence!)).toMatchObject({ status: 500, kind: 'http', screenshot: null })
  expect(String(await store.html(down.evidence!))).toBe('no: [email]')
  const good = await visit('good-bank', { read: { title: text('h1') } })
  expect(good).toMatchObject({ outcome: 'ok', data: '{"title":"Accounts"}' })
  expect(good.fingerprint).toBeUndefined()
  const dead = await run(
    check('dead', { url: 'http://127.0.0.1:1/', every: '1m', local: true }),
    'v1',
    world(),
  )
  expect(dead).toMatchObject({ outcome: 'site_down', fingerprint: expect.stringMatching(/^[0-9a-f]{12}$/) })
  expect(dead.evidence).toBeUndefined()
})

test('with Redis stuck the run ends as it would, a moment later', async () => {
  const stuck: EvidenceStore = { ...store, keep: () => new Promise(() => undefined) }
  const begun = performance.now()
  const event = await visit('west-bank', {}, world(stuck))
  expect(event).toMatchObject({ outcome: 'layout_changed', missing: ['balance'] })
  expect(event.evidence).toBeUndefined()
  expect(performance.now() - begun).toBeLessThan(BUSY_MACHINE_MS)
})
