/** `weir state` of a real engine: while it runs, while it lags, after it was killed; and it changes nothing. */
import type { Redis } from 'ioredis'
import pino from 'pino'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startRedis, type TestRedis } from '../../test/harness/redis.ts'
import { t } from '../config/authoring.ts'
import { compile } from '../config/compile.ts'
import { defineConfig } from '../config/define.ts'
import { stream } from '../config/stream.ts'
import { appendConfig } from '../control/control-log.ts'
import { openProducer } from '../event/redis-producer.ts'
import type { EngineState } from '../state/read-state.ts'
import { connect } from '../stream/connection.ts'
import { partitionKeys } from '../stream/keys.ts'
import { Worker } from '../worker.ts'
import { run } from './state.ts'

let server: TestRedis
let redis: Redis

beforeAll(async () => {
  server = await startRedis()
  redis = connect(server.url, 'query')
})
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})

const load = stream('load', { key: 'k', partitions: 2, schema: { k: t.String() } })
const count = load.metric('count', { by: ['k'], stats: ['count'], windows: ['1m'] })
const { config } = compile(defineConfig({ metrics: [count] }), { checkFile: () => null })

async function state(...words: string[]): Promise<string> {
  let out = ''
  let err = ''
  const world = { env: { REDIS_URL: server.url, WEIR_NAMESPACE: 'weir' } }
  const code = await run(words, { ...world, out: (text) => (out += text), err: (text) => (err += text) })
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return out
}
const facts = async (): Promise<EngineState> => JSON.parse(await state('--json')) as EngineState

async function send(n: number): Promise<void> {
  const target = {
    redisUrl: server.url,
    namespace: 'weir',
    stream: config.streams.find((s) => s.name === 'load')!,
  }
  const producer = await openProducer(target, { name: 'test' })
  for (let i = 0; i < n; i++) await producer.send({ k: `k${i % 50}` })
  await producer.close()
}

test('before anything was published', async () => {
  expect(await state()).toMatch(/Namespace weir: no config/)
})

test('owners, positions, lag in entries and in events, snapshots, sizes', async () => {
  await appendConfig(redis, 'weir', config, 'test')
  const worker = new Worker({
    redisUrl: server.url,
    namespace: 'weir',
    log: pino({ level: 'silent' }),
    ttl: 2000,
    snapshotEvery: 200,
  })
  await worker.start()
  await send(2000)
  for (let i = 0; i < 100; i++) {
    const { partitions } = await facts()
    const own = partitions.filter((one) => one.stream === 'load')
    if (own.reduce((sum, { counts }) => sum + counts.counted, 0) === 2000 && own.every((p) => p.snapshot))
      break
    await sleep(100)
  }
  const running = await facts()
  expect(running.workers).toMatchObject([{ id: worker.id, live: true, partitions: 8 }])
  for (const one of running.partitions.filter(({ stream }) => stream === 'load')) {
    expect(one).toMatchObject({
      owner: { worker: worker.id },
      lag: { entries: 0, events: 0, atLeast: false },
    })
    expect(one.leaseLeft).toBeGreaterThan(0)
    expect(one.leaseLeft).toBeLessThanOrEqual(2000)
    expect(one.committedAge).toBeLessThan(20_000)
    expect(one.snapshot!.age).toBeLessThan(20_000)
    expect(one.bytes.log).toBeGreaterThan(1000)
  }
  await worker.stop()

  await send(3000)
  const raw = connect(server.url, 'query')
  await raw.xadd(partitionKeys('weir', 'load', 0).log, '*', 'k', 'x')
  await raw.xadd(partitionKeys('weir', 'load', 0).log, '*', 'weir', 'batch/1', 'n', '1e300')
  raw.disconnect()
  const before = await redis.info('commandstats')
  const stopped = await facts()
  const own = stopped.partitions.filter(({ stream }) => stream === 'load')
  expect(own.reduce((sum, { lag }) => sum + lag.events, 0)).toBe(3002)
  expect(own.every(({ leaseLeft, owner }) => leaseLeft === 0 && owner !== null)).toBe(true)
  expect(stopped.workers).toEqual([])
  const text = await state()
  expect(text).toMatch(/8 of 8 partitions have no owner/)
  expect(text.split('\n').filter((line) => [...line].length > 100)).toEqual([])
  // Only reads: no command that writes was called meanwhile.
  const calls = (info: string) =>
    info.match(/cmdstat_(xadd|hset|xgroup|xtrim|zadd|hdel|del|set)[^\n]*calls=\d+/g)
  expect(calls(await redis.info('commandstats'))).toEqual(calls(before))
})

test('with very much waiting the number of events is a lower bound', async () => {
  const pipeline = redis.pipeline()
  for (let i = 0; i < 700; i++) pipeline.xadd(partitionKeys('weir', 'load', 1).log, '*', 'k', 'x')
  await pipeline.exec()
  const { lag } = (await facts()).partitions.find((one) => one.stream === 'load' && one.partition === 1)!
  expect(lag.atLeast).toBe(true)
  expect(lag.entries).toBeGreaterThanOrEqual(700)
})
