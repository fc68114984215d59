/** The newest runs beside a real log: what is there, what comes, what is told twice, and a log that begins anew. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startRedis, type TestRedis } from '../../test/harness/redis.ts'
import { compile } from '../config/compile.ts'
import { defineConfig } from '../config/define.ts'
import { openProducer } from '../event/redis-producer.ts'
import type { RunEvent } from '../event/run.ts'
import { connect } from '../stream/connection.ts'
import { partitionKeys } from '../stream/keys.ts'
import { openRecentRuns, type RecentLog } from './redis-recent-runs.ts'

let redis: TestRedis
let recent: RecentLog
const { streams } = compile(defineConfig({}), { checkFile: () => null }).config
const stream = streams.find(({ name }) => name === 'runs')!
const NOW = Date.now() - 100_000

beforeEach(async () => {
  redis = await startRedis()
  recent = openRecentRuns(redis.url, 'weir')
})
afterEach(async () => {
  recent.close()
  await redis.stop()
})

function run(i: number): RunEvent {
  const none = { present: [], missing: [], empty: [], invalid: [], absent: [] }
  const site = {
    host: 'x.example',
    url: 'https://x.example/',
    fleet: 'x',
    version: 'v1',
    kind: 'http',
  } as const
  const told = { outcome: 'ok', reason: '', detail: '', right: true, ms: 1 } as const
  return { id: `s${i % 2}@${i}`, at: NOW + i, scraper: `s${i % 2}`, ...site, ...told, ...none }
}

async function send(events: RunEvent[]): Promise<void> {
  const producer = await openProducer({ redisUrl: redis.url, namespace: 'weir', stream }, { name: 'test' })
  for (const event of events) {
    await producer.send({ ...event })
    await producer.flush()
  }
  await producer.close()
}

test('the newest fifty of each, each once, in order, however they come', async () => {
  expect((await recent.look(stream)).runs.of('s0')).toEqual([])
  await send(Array.from({ length: 130 }, (_, i) => run(i)))
  const { runs, complete } = await recent.look(stream)
  expect(complete).toBe(true)
  expect(runs.of('s0').map(({ at }) => at - NOW)).toEqual(Array.from({ length: 50 }, (_, i) => 30 + 2 * i))
  await send([run(128), run(134), run(132), run(1)])
  await recent.look(stream)
  const after = runs.of('s0').map(({ at }) => at - NOW)
  expect(after).toHaveLength(50)
  expect(after.slice(-4)).toEqual([126, 128, 132, 134])
  expect(runs.of('s1').at(-1)!.at - NOW).toBe(129)
})

test('a log that begins anew is read anew', async () => {
  await send([run(0), run(1)])
  await recent.look(stream)
  const raw = connect(redis.url, 'query', 'test')
  await raw.del(partitionKeys('weir', 'runs', 0).log)
  raw.disconnect()
  expect((await recent.look(stream)).runs.of('s0')).toEqual([])
})
