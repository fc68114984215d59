/** Runs out of a real log: pages without a gap or a repeat, whatever stands between them. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startRedis, type TestRedis } from '../../test/harness/redis.ts'
import { defineConfig } from '../config/define.ts'
import { compile } from '../config/compile.ts'
import type { CompiledStream } from '../config/compiled.ts'
import { openProducer } from '../event/redis-producer.ts'
import type { RunEvent } from '../event/run.ts'
import { connect } from '../stream/connection.ts'
import { partitionKeys } from '../stream/keys.ts'
import { openRuns } from './redis-runs.ts'
import type { RunLog, RunQuery } from './run-query.ts'

let redis: TestRedis
let runs: RunLog
const stream: CompiledStream = compile(defineConfig({}), { checkFile: () => null }).config.streams.find(
  ({ name }) => name === 'runs',
)!
const NOW = Date.now()

beforeEach(async () => {
  redis = await startRedis()
  runs = openRuns(redis.url, 'weir')
})
afterEach(async () => {
  runs.close()
  await redis.stop()
})

/** Run `i` of a hundred scrapers in turn, each a second after the one before, the last one now. */
function run(i: number, of: number, more: Partial<RunEvent> = {}): RunEvent {
  const scraper = `s${i % 100}`
  return {
    id: `${scraper}@${i}`,
    at: NOW - (of - 1 - i) * 1000,
    scraper,
    kind: 'http',
    fleet: i % 2 === 0 ? 'even' : 'odd',
    host: 'x.example',
    url: 'https://x.example/',
    outcome: i % 7 === 0 ? 'blocked' : 'ok',
    reason: '',
    detail: 'x'.repeat(100),
    right: i % 7 !== 0,
    ms: 10,
    version: 'v1',
    present: [],
    missing: [],
    empty: [],
    invalid: [],
    absent: [],
    ...more,
  }
}

async function send(events: RunEvent[]): Promise<void> {
  const producer = await openProducer({ redisUrl: redis.url, namespace: 'weir', stream }, { name: 'test' })
  await Promise.all(events.map((event) => producer.send({ ...event })))
  await producer.close()
}

const list = (query: Partial<RunQuery> = {}) =>
  runs.list(stream, { from: 0, to: Number.MAX_SAFE_INTEGER, limit: 1000, ...query })

async function pages(query: Partial<RunQuery>): Promise<string[]> {
  const found: string[] = []
  let before: string | undefined
  do {
    const page = await list({ ...query, ...(before !== undefined && { before }) })
    found.push(...page.runs.map(({ id }) => id!))
    before = page.cursor ?? undefined
  } while (before !== undefined)
  return found
}

test('pages of any size are the log backwards; what is no run and what comes twice is left out', async () => {
  const events = Array.from({ length: 700 }, (_, i) => run(i, 700))
  await send(events.slice(0, 400))
  const client = connect(redis.url, 'query')
  const { log } = partitionKeys('weir', 'runs', 0)
  await client.xadd(log, '*', 'weir', 'tick/1', 'by', 'x')
  await client.xadd(log, '*', 'scraper', 'liar', 'at', String(NOW))
  await client.xadd(log, '*', 'weir', 'batch/1', 'nonsense', '1')
  client.disconnect()
  await send([...events.slice(400), events[699]!])
  const backwards = events.map(({ id }) => id!).toReversed()
  for (const limit of [1000, 33]) expect(await pages({ limit })).toEqual(backwards)
  expect((await list({ limit: 1 })).runs).toEqual([events[699]])
})

test('runs are found by scraper, fleet, outcome and time', async () => {
  const events = Array.from({ length: 300 }, (_, i) => run(i, 300))
  await send(events)
  const ids = (keep: (event: RunEvent) => boolean): string[] =>
    events
      .filter(keep)
      .map(({ id }) => id!)
      .toReversed()
  expect(await pages({ scraper: 's7' })).toEqual(ids(({ scraper }) => scraper === 's7'))
  expect(await pages({ fleet: 'odd', outcome: 'blocked', limit: 5 })).toEqual(
    ids(({ fleet, outcome }) => fleet === 'odd' && outcome === 'blocked'),
  )
  const [from, to] = [NOW - 60_000, NOW - 10_000]
  expect(await pages({ from, to })).toEqual(ids(({ at }) => at >= from && at <= to))
  await expect(list({ before: 'nonsense' })).rejects.toMatchObject({ code: 'WEIR_QUERY', where: 'before' })
})

test('a scraper among thousands is found quickly, and no page is endless work', async () => {
  const events = Array.from({ length: 10_000 }, (_, i) =>
    run(i, 10_000, { scraper: `s${i % 3000}`, data: 'y'.repeat(2400) }),
  )
  await send(events)
  const began = performance.now()
  const page = await list({ scraper: 's2321', limit: 2 })
  expect(page.runs.map(({ id }) => id)).toEqual(['s21@8321', 's21@5321'])
  const nothing = await list({ scraper: 'nobody' })
  expect(nothing).toMatchObject({ runs: [], cursor: expect.any(String) })
  expect(performance.now() - began).toBeLessThan(10_000)
})
