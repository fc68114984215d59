/** `kill -9` of the engine under load: counts go on without gap or double, and every recovery checks itself. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { connect, loadConfig, openProducer, openReader, type Producer, type Reader } from '../engine/index.ts'
import { ROOT, startRole, type TestRole } from './harness/role.ts'
import { startRedis, type TestRedis } from './harness/redis.ts'

const CONFIG = `${ROOT}test/config/load.config.ts`

let redis: TestRedis
let engine: TestRole
let reader: Reader
let producer: Producer
let env: Record<string, string>

beforeEach(async () => {
  redis = await startRedis({ fsync: 'always' })
  env = { REDIS_URL: redis.url, WEIR_CONFIG: CONFIG }
  engine = await startRole('engine', env)
  const stream = (await loadConfig(CONFIG)).streams.find((s) => s.name === 'load')!
  reader = await openReader(redis.url, 'weir')
  producer = await openProducer({ redisUrl: redis.url, namespace: 'weir', stream }, { name: 'load' })
})
afterEach(async () => {
  await producer?.close().catch(() => undefined)
  await reader?.close()
  await engine?.stop()
  await redis?.stop()
})

it('three kills of the engine and one of Redis lose nothing and double nothing', async () => {
  const sent = { count: 0, sum: 0, first: Date.now() }
  const until = Date.now() + 20_000
  let kills = 0
  const load = (async () => {
    while (Date.now() < until) {
      for (let i = 0; i < 200; i++) {
        const v = 1 + ((sent.count * 7919) % 1000)
        await producer.send({ at: Date.now(), k: `k${sent.count % 40}`, v })
        sent.count++
        sent.sum += v
      }
      await sleep(25)
    }
    await producer.flush(20_000)
  })()
  for (const wait of [4000, 3000, 3000]) {
    await sleep(wait)
    await engine.stop('SIGKILL')
    kills++
    engine = await startRole('engine', env)
  }
  await sleep(6000)
  const recovered = engine.output()
  await redis.kill()
  await sleep(500)
  await redis.restart()
  await load
  const counted = await settled(sent.count)
  expect({ kills, ...counted }).toEqual({
    kills: 3,
    counted: sent.count,
    duplicate: counted.duplicate,
    missing: 0,
  })
  expect(recovered.match(/"selfCheck":"passed"/g)?.length).toBeGreaterThanOrEqual(4)

  // The last 10 s panes close only when time has passed them.
  await sleep(13_000)
  const whole = { from: sent.first - 20_000, to: Date.now() + 10_000, step: 10_000, group: {} }
  const counts = await reader.series({ metric: 'volume', stat: 'count', ...whole })
  const sums = await reader.series({ metric: 'volume', stat: 'sum', ...whole })
  expect(counts.points.reduce((n, [, v]) => n + v, 0)).toBe(sent.count)
  expect(sums.points.reduce((n, [, v]) => n + v, 0)).toBe(sent.sum)
}, 120_000)

async function settled(count: number): Promise<{ counted: number; duplicate: number; missing: number }> {
  for (let i = 0; ; i++) {
    const own = (await reader.accounting().catch(() => [])).find((s) => s.stream === 'load')
    if (own !== undefined && (i > 100 || (own.lagEntries === 0 && own.counted >= count))) {
      return { counted: own.counted, duplicate: own.duplicate, missing: own.missing }
    }
    await sleep(250)
  }
}

it('garbage in a log dies singly, is counted and explained, and the rest goes on', async () => {
  const raw = connect(redis.url, 'query')
  const log = 'weir:{load.0}:log'
  await raw.xadd(log, '*', 'nonsense', 'x')
  await raw.xadd(log, '*', 'at', 'yesterday', 'k', 'a', 'v', '1')
  await raw.xadd(log, '*', 'at', String(Date.now() + 3_600_000), 'k', 'a', 'v', '1')
  await raw.xadd(log, '*', 'huge', 'x'.repeat(5 * 1024 * 1024))
  await raw.xadd(log, '*', 'weir', 'batch/1', 'from', 'evil~1~a', 'seq', '0', 'n', '2', 'cols', '{"at":[1')
  await raw.xadd(log, '*', 'weir', 'batch/1', 'from', 'evil~1~a', 'seq', '-5', 'n', '1e9', 'cols', '{}')
  await raw.xadd(log, '*', 'weir', 'control/1', 'id', '999-0')
  await raw.xadd(log, '*', 'weir', 'batch/9', 'x', 'y')
  const columns = JSON.stringify({ at: [Date.now(), 'no'], k: ['a', 'a'], v: [1, {}] })
  await raw.xadd(
    log,
    '*',
    'weir',
    'batch/1',
    'from',
    'evil~2~b',
    'seq',
    '0',
    'n',
    '2',
    'schema',
    '',
    'cols',
    columns,
  )
  // Flat events of any client, to any partition: each finds its own.
  for (let i = 0; i < 20; i++) await raw.xadd(log, '*', 'at', String(Date.now()), 'k', `flat${i}`, 'v', '2')
  for (let i = 0; i < 100; i++) await producer.send({ at: Date.now(), k: `k${i}`, v: 1 })
  await producer.flush()
  for (let i = 0; i < 60; i++) {
    const own = (await reader.accounting()).find((s) => s.stream === 'load')!
    if (own.counted >= 121 && own.lagEntries === 0) break
    await sleep(250)
  }
  const own = (await reader.accounting()).find((s) => s.stream === 'load')!
  expect(own).toMatchObject({ counted: 121, dead: 9, late: 0 })
  const dead = await raw.xrange('weir:{load.0}:dead', '-', '+')
  const reasons = dead.map(([, fields]) => (JSON.parse(fields[1]!) as { reason: string }).reason)
  expect(reasons).toHaveLength(9)
  expect(reasons.every((reason) => reason.length > 10)).toBe(true)
  expect(Math.max(...dead.map(([, fields]) => fields[1]!.length))).toBeLessThan(10_000)
  raw.disconnect()
}, 120_000)

it('an engine without Redis says where it looked and what to do', async () => {
  await expect(startRole('engine', { ...env, REDIS_URL: 'redis://user:secret@127.0.0.1:1' })).rejects.toThrow(
    /REDIS_URL: Redis does not answer at 127\.0\.0\.1:1/,
  )
}, 120_000)
