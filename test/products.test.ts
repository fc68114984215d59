/**
 * Real product pages, served on loopback under their real host names, scraped with real Chromium through the
 * pool into a real Redis: one event per page, and price and availability as a person read them.
 */
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, loadConfig, type RunEvent } from '../engine/index.ts'
import { findChromium } from '../launch/chromium.ts'
import { openOutlet } from '../scrapers/outlet.ts'
import { PATIENT } from '../scrapers/pool/patient.fixture.ts'
import { openPool, type Pool } from '../scrapers/pool/pool.ts'
import { parseAmount } from '../scrapers/read/amount.ts'
import { run } from '../scrapers/run.ts'
import { redisGate } from '../scrapers/politeness/redis-gate.ts'
import { product, scraper } from '../scrapers/index.ts'
import { startRedis, type TestRedis } from './harness/redis.ts'

interface Truth {
  url: string
  price?: string[]
  availability: string[]
}

const folder = new URL('../../shared/data/products/', import.meta.url)
const here = existsSync(folder)
if (!here) process.stderr.write('shared/data is not here: skipped (real product pages)\n')

// Measured: 45 of 46 each. The floor leaves room for pages that nobody here has seen.
const FLOOR = 0.8
const NEVER_GOOD_PAGES = [
  'blocked',
  'rate_limited',
  'auth_failed',
  'site_down',
  'proxy_failed',
  'crashed',
  'skipped',
]

describe.skipIf(!here)('real product pages', () => {
  const truth = here
    ? (JSON.parse(readFileSync(new URL('truth.json', folder), 'utf8')) as Record<string, Truth>)
    : {}
  const byAddress = new Map(Object.entries(truth).map(([id, { url }]) => [addressOf(url), id]))
  let server: Server
  let redis: TestRedis
  let pool: Pool
  let scratch: string
  let events: RunEvent[] = []

  beforeAll(async () => {
    server = createServer((request, response) => {
      const id = byAddress.get(`${request.headers.host}${request.url}`)
      if (id === undefined) return void response.writeHead(404).end()
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
      response.end(gunzipSync(readFileSync(new URL(`${id}.html.gz`, folder))))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    redis = await startRedis()
    scratch = await mkdtemp(join(tmpdir(), 'weir-products-'))
    const config = join(scratch, 'streams.config.ts')
    await writeFile(config, `import { defineConfig } from 'weir'\nexport default defineConfig({})\n`)
    const { streams, namespace } = await loadConfig(config, {})
    const { port } = server.address() as AddressInfo
    const { path } = await findChromium()
    pool = await openPool({ executable: path, hostRules: `MAP * 127.0.0.1:${port}`, ...PATIENT })

    const outlet = openOutlet(redis.url, namespace, 'products')
    outlet.use(streams)
    const client = connect(redis.url, 'commit')
    await client.connect()
    const world = {
      gate: redisGate(client, namespace, () => performance.now()),
      pool,
      now: Date.now,
      sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
      publish: async (event: RunEvent) => {
        expect(await outlet.send('runs', { ...event }, event.scraper)).toEqual({ ok: true })
      },
      publishRows: async () => undefined,
      hostsRemapped: true,
    }
    // A few at a time: a page waits for a free worker, and that wait is bounded.
    const queue = Object.entries(truth)
    const visitNext = async (): Promise<void> => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const [id, { url }] = next
        // No certificate of theirs is here: the page is asked for without TLS, and under a name that no list of browsers
        // demands TLS for.
        const visit = `http://${addressOf(url)}`
        await run(scraper(id, { visit, every: '1h', fleet: 'products', read: product() }), 'test', world)
      }
    }
    await Promise.all(Array.from({ length: pool.workers }, visitNext))
    await outlet.close()
    client.disconnect()
    events = await readRuns(redis.url, `${namespace}:{runs.0}:log`)
  }, 240_000)

  afterAll(async () => {
    await pool?.close()
    await redis?.stop()
    server?.closeAllConnections()
    server?.close()
    if (scratch) await rm(scratch, { recursive: true, force: true })
  })

  test('each page is exactly one event', () => {
    expect(events.map((event) => event.scraper).toSorted()).toEqual(Object.keys(truth).toSorted())
  })

  test('no good page is judged blocked, down or our own crash', () => {
    const wrong = events.filter(({ outcome }) => NEVER_GOOD_PAGES.includes(outcome))
    expect(
      wrong.map(({ scraper: id, outcome, reason, detail }) => ({ id, outcome, reason, detail })),
    ).toEqual([])
  })

  test('what is sold out is no failure of ours', () => {
    const gone = events.filter(({ scraper: id }) => truth[id]?.availability[0] === 'OutOfStock')
    const wrong = gone.filter(({ right }) => !right)
    expect(wrong.map(({ scraper: id, outcome, detail }) => ({ id, outcome, detail }))).toEqual([])
  })

  test('price and availability are what a person reads there', () => {
    const pages = events.map((event) => {
      const read = JSON.parse(event.data ?? '{}') as { price?: number; availability?: string }
      const wanted = truth[event.scraper]!
      return {
        id: event.scraper,
        priceRight: samePrice(read.price, wanted.price?.[0]),
        stockRight: read.availability === wanted.availability[0],
      }
    })
    const prices = pages.filter(({ priceRight }) => priceRight).length
    const stocks = pages.filter(({ stockRight }) => stockRight).length
    process.stdout.write(
      `price right on ${prices} of ${pages.length} pages, availability right on ${stocks} of ${pages.length}\n`,
    )
    expect(prices / pages.length).toBeGreaterThanOrEqual(FLOOR)
    expect(stocks / pages.length).toBeGreaterThanOrEqual(FLOOR)
  })
})

function addressOf(url: string): string {
  const { host, pathname, search } = new URL(url)
  return `${host}.test${pathname}${search}`
}

/** The truth is text as somebody typed it: `36.50`, and also `23.450` for 23,450. No price there: none read. */
function samePrice(read: number | undefined, wanted: string | undefined): boolean {
  if (wanted === undefined || read === undefined) return wanted === read
  return read === Number(wanted) || read === parseAmount(wanted)
}

/** The events of all batches in a log. */
async function readRuns(url: string, log: string): Promise<RunEvent[]> {
  const client = connect(url, 'query')
  try {
    const entries = await client.xrange(log, '-', '+')
    return entries.flatMap(([, fields]) => {
      if (fields[1] !== 'batch/1') return []
      const columns = JSON.parse(fields[fields.indexOf('cols') + 1]!) as Record<string, unknown[]>
      return columns['scraper']!.map(
        (_, row) =>
          Object.fromEntries(
            Object.keys(columns).map((name) => [name, columns[name]![row]]),
          ) as unknown as RunEvent,
      )
    })
  } finally {
    client.disconnect()
  }
}
