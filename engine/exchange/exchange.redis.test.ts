/** Merged metrics on a real Redis: totals over all partitions, and what becomes of them when nobody wants them any more. */
import pino from 'pino'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startRedis, type TestRedis } from '../../test/harness/redis.ts'
import { compile } from '../config/compile.ts'
import { defineConfig, stream, t, threshold } from '../config/authoring.ts'
import type { CompiledConfig } from '../config/compiled.ts'
import { appendConfig } from '../control/control-log.ts'
import { openProducer } from '../event/redis-producer.ts'
import { connect } from '../stream/connection.ts'
import { partitionKeys } from '../stream/keys.ts'
import { openReader } from '../view/redis-reader.ts'
import type { Reader } from '../view/reader.ts'
import { Worker } from '../worker.ts'

let redis: TestRedis
let reader: Reader
const workers: Worker[] = []

beforeEach(async () => {
  redis = await startRedis()
  await publish(true)
  reader = await openReader(redis.url, 'weir')
})
afterEach(async () => {
  await reader.close()
  await Promise.all(workers.splice(0).map((worker) => worker.stop()))
  await redis.stop()
})

it('a total over all partitions fires, survives its worker, and ends with its rule', async () => {
  await join()
  await join()
  await vi.waitUntil(() => workers.every((worker) => worker.partitions.size > 0), 10_000)
  const config = compiled(true)
  const orders = config.streams.find(({ name }) => name === 'orders')!
  const producer = await openProducer(
    { redisUrl: redis.url, namespace: 'weir', stream: orders },
    { name: 'test' },
  )
  const send = async (n: number): Promise<void> => {
    for (let i = 0; i < n; i++) await producer.send({ shop: `s${i % 20}`, price: 5 }, '')
    await producer.flush(5000)
  }
  await send(300)
  // The last 10 s are over, and whoever had something to say has said it.
  const total = (): number => reader.kpis('total', {}).rows[0]?.values.sum ?? 0
  await vi.waitUntil(() => total() === 1500, { timeout: 20_000, interval: 100 })
  await vi.waitUntil(() => reader.alerts({ state: 'firing' }).length === 1, { timeout: 5000, interval: 100 })
  expect(reader.alerts({ state: 'firing' })[0]).toMatchObject({ stream: 'orders', group: {}, value: 1500 })
  expect(reader.alerts({ state: 'firing' })[0]!.evidence.samples.length).toBeGreaterThan(0)

  await workers.splice(0, 1)[0]!.stop()
  await send(100)
  await vi.waitUntil(() => total() === 2000, { timeout: 20_000, interval: 100 })

  await publish(false)
  await vi.waitUntil(() => reader.alerts({ state: 'firing' }).length === 0, { timeout: 5000, interval: 100 })
  await join()
  const owned = (): string[] => workers.flatMap((worker) => [...worker.partitions.keys()])
  await vi.waitUntil(
    () => new Set(owned().filter((name) => name.startsWith('orders~all.'))).size === 3,
    10_000,
  )
  await producer.close()
  expect(await unread()).toBe(0)
}, 120_000)

/** Messages to the merged stream that nobody has read. */
async function unread(): Promise<number> {
  const client = connect(redis.url, 'query')
  let sum = 0
  for (let partition = 0; partition < 3; partition++) {
    const { log, meta } = partitionKeys('weir', 'orders~all', partition)
    const [last] = await client.xrevrange(log, '+', '-', 'COUNT', 1)
    if (last && last[0] !== (await client.hget(meta, 'off'))) sum++
  }
  client.disconnect()
  return sum
}

function compiled(wanted: boolean): CompiledConfig {
  const orders = stream('orders', {
    key: 'shop',
    partitions: 3,
    schema: { shop: t.String(), price: t.Number() },
  })
  const total = orders.metric('total', { by: [], of: 'price', stats: ['sum', 'count'], windows: ['1m'] })
  const perShop = orders.metric('perShop', { by: ['shop'], stats: ['count'], windows: ['1m'] })
  const rules = wanted ? [threshold(total, { stat: 'sum', window: '1m', above: 1000 })] : []
  const { config, mistakes } = compile(defineConfig({ metrics: [perShop], rules }), { checkFile: () => null })
  expect(mistakes).toEqual([])
  return config
}

async function publish(wanted: boolean): Promise<void> {
  const client = connect(redis.url, 'query')
  await appendConfig(client, 'weir', compiled(wanted), 'test')
  client.disconnect()
}

async function join(): Promise<void> {
  const log = pino({ level: 'silent' })
  const worker = new Worker({ redisUrl: redis.url, namespace: 'weir', log, ttl: 2000 })
  workers.push(worker)
  await worker.start()
}
