import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startTcpProxy } from '../../test/harness/tcp-proxy.ts'
import { startRedis, type TestRedis } from '../../test/harness/redis.ts'
import { connect } from '../stream/connection.ts'
import { partitionKeys } from '../stream/keys.ts'
import { partitionOf } from '../stream/partition-hash.ts'
import { decode } from './decode.ts'
import type { Entry } from './entry.ts'
import { openProducer } from './redis-producer.ts'
import { trade, tradesStream } from './trades.fixture.ts'

const PARTITIONS = 4
const stream = tradesStream({ partitions: PARTITIONS })
let server: TestRedis
let redis: Redis

beforeAll(async () => {
  server = await startRedis({ fsync: 'always' })
  redis = connect(server.url, 'query')
})
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})
beforeEach(() => redis.flushall())

async function log(partition: number): Promise<Entry[]> {
  const entries = await redis.xrange(partitionKeys('test', 'trades', partition).log, '-', '+')
  return entries.map(([id, fields]) => decode(id, fields))
}

/** What an engine counts: per partition the rows that continue the sequence; what it has seen is skipped. */
async function counted(): Promise<{ rows: unknown[]; dead: string[]; entries: number }> {
  const rows: unknown[] = []
  const dead: string[] = []
  let entries = 0
  for (let partition = 0; partition < PARTITIONS; partition++) {
    let next = 0
    for (const entry of await log(partition)) {
      entries++
      if (entry.kind === 'beat') continue
      if (entry.kind !== 'batch' && entry.kind !== 'reject') throw new Error(`found ${entry.kind}`)
      expect(entry.seq, 'no hole in the sequence').toBeLessThanOrEqual(next)
      for (let i = next - entry.seq; i < entry.n; i++) {
        if (entry.kind === 'reject') dead.push(`${entry.rows[i]!.origin}: ${entry.rows[i]!.reason}`)
        else {
          expect(partitionOf(String(entry.columns['pair']![i]), PARTITIONS)).toBe(partition)
          rows.push(entry.columns['volume']![i])
        }
      }
      next = Math.max(next, entry.seq + entry.n)
    }
  }
  return { rows, dead, entries }
}

const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => i)
const pair = (i: number): string => `P${i % 50}`
const byValue = (rows: unknown[]): number[] => (rows as number[]).toSorted((a, b) => a - b)

test('everything sent is in the log once, in columns, on the partition of its key', async () => {
  const producer = await openProducer({ redisUrl: server.url, namespace: 'test', stream }, { name: 'My App' })
  expect(producer.id).toMatch(/^my-app~\d+~[0-9a-z]{12}$/)
  for (const i of numbers(5000)) await producer.send(trade({ pair: pair(i), volume: i }))
  await producer.close()
  const { rows, dead, entries } = await counted()
  expect(byValue(rows)).toEqual(numbers(5000))
  expect(dead).toEqual([])
  expect(entries).toBeLessThan(100)
})

test('invalid rows are dead letters, in sequence, on the partition of their key or 0', async () => {
  const producer = await openProducer({ redisUrl: server.url, namespace: 'test', stream }, { name: 'p' })
  expect(await producer.send(trade({ volume: 1 }), 'line 1')).toEqual({ ok: true })
  expect(await producer.send(trade({ volume: 'x' }), 'line 2')).toEqual({
    ok: false,
    reason: 'field "volume": expected number, found string "x"',
  })
  await producer.send({ nothing: 1 }, 'line 3')
  await producer.reject('{"a":', 'not JSON', 'line 4')
  const big = Object.fromEntries(numbers(5).map((i) => [i === 0 ? 'note' : `x${i}`, 'ü'.repeat(8000)]))
  await producer.send(trade(big), 'line 5')
  await producer.send(trade({ volume: 2 }), 'line 6')
  await producer.close()
  const { rows, dead } = await counted()
  expect(rows).toEqual([1, 2])
  expect(dead).toHaveLength(4)
  const home = await log(partitionOf('BTC-EUR', PARTITIONS))
  expect(
    home.filter((entry) => entry.kind === 'reject').flatMap((entry) => entry.rows.map((row) => row.origin)),
  ).toContain('line 2')
  const first = await log(0)
  expect(
    first.filter((entry) => entry.kind === 'reject').flatMap((entry) => entry.rows.map((row) => row.origin)),
  ).toContain('line 4')
})

test('an event over 32 KB is refused with its size', async () => {
  const wide = tradesStream({ partitions: PARTITIONS })
  wide.schema.properties['note'] = { type: 'string', maxLength: 100_000 }
  const producer = await openProducer(
    { redisUrl: server.url, namespace: 'test', stream: wide },
    { name: 'p' },
  )
  const sent = await producer.send(trade({ note: 'n'.repeat(33_000) }))
  expect(sent).toMatchObject({
    ok: false,
    reason: expect.stringContaining('at most 32768 allowed') as string,
  })
  await producer.close()
})

test('a lost reply: the same batch is sent again under the same numbers', async () => {
  const proxy = await startTcpProxy(server.port)
  const redisUrl = `redis://127.0.0.1:${proxy.port}`
  const producer = await openProducer({ redisUrl, namespace: 'test', stream }, { name: 'p' })
  await producer.send(trade({ volume: 0 }))
  await producer.flush()
  proxy.loseReply()
  for (const i of numbers(999)) await producer.send(trade({ pair: pair(i), volume: i + 1 }))
  await producer.close()
  const { rows, entries } = await counted()
  expect(proxy.lost).toBe(1)
  expect(byValue(rows)).toEqual(numbers(1000))
  // The entries whose reply was lost are in the log twice, equal to the byte: the engine drops the second.
  const all = (await Promise.all(numbers(PARTITIONS).map(log)))
    .flat()
    .map((entry) => JSON.stringify({ ...entry, id: '', ms: 0 }))
  expect(new Set(all).size).toBeLessThan(entries)
  await proxy.stop()
})

test('a half-open connection is given up after the deadline; what had arrived by it is a duplicate', async () => {
  const proxy = await startTcpProxy(server.port)
  const redisUrl = `redis://127.0.0.1:${proxy.port}`
  const producer = await openProducer({ redisUrl, namespace: 'test', stream }, { name: 'p' })
  await producer.send(trade({ volume: 0 }))
  await producer.flush()
  proxy.mute()
  await producer.send(trade({ volume: 1 }))
  await producer.flush(8000)
  await producer.close()
  expect(byValue((await counted()).rows)).toEqual([0, 1])
  const sent = (await log(partitionOf('BTC-EUR', PARTITIONS))).filter((entry) => entry.kind === 'batch')
  expect(sent.map(({ seq }) => seq)).toEqual([0, 1, 1])
  await proxy.stop()
})

test('Redis killed midway and restarted: nothing lost, nothing double', async () => {
  const producer = await openProducer(
    { redisUrl: server.url, namespace: 'test', stream },
    { name: 'p', highWater: 500 },
  )
  const kills = (async () => {
    for (let i = 0; i < 3; i++) {
      await sleep(120)
      await server.kill()
      await sleep(80)
      await server.restart()
    }
  })()
  let i = 0
  let killing = true
  void kills.then(() => (killing = false))
  while (killing) {
    await producer.send(trade({ pair: pair(i), volume: i }))
    if (++i % 200 === 0) await sleep(2)
  }
  await kills
  await producer.flush(10_000)
  await producer.close()
  expect(byValue((await counted()).rows)).toEqual(numbers(i))
})

test('Redis away: send waits at the high-water mark, flush says so, and what gathered arrives later', async () => {
  await server.kill()
  const producer = await openProducer(
    { redisUrl: server.url, namespace: 'test', stream },
    { name: 'p', highWater: 10 },
  )
  for (const i of numbers(9)) await producer.send(trade({ volume: i }))
  const tenth = producer.send(trade({ volume: 9 }))
  expect(await Promise.race([tenth, sleep(200, 'waits')])).toBe('waits')
  await expect(producer.flush(300)).rejects.toMatchObject({
    code: 'WEIR_REDIS_AWAY',
    message: expect.stringMatching(
      /^10 events are not in Redis at 127\.0\.0\.1:\d+ after 0\.3 s: .*ECONNREFUSED/,
    ) as string,
  })
  await server.restart()
  expect(await tenth).toEqual({ ok: true })
  await producer.close()
  expect(byValue((await counted()).rows)).toEqual(numbers(10))
})

test('a full Redis is waited out', async () => {
  await redis.config('SET', 'maxmemory', '1')
  const producer = await openProducer({ redisUrl: server.url, namespace: 'test', stream }, { name: 'p' })
  await producer.send(trade({ volume: 7 }))
  await expect(producer.flush(300)).rejects.toThrow(/OOM/)
  await redis.config('SET', 'maxmemory', '0')
  await producer.close()
  expect((await counted()).rows).toEqual([7])
})

test('a closed producer refuses', async () => {
  const producer = await openProducer({ redis, namespace: 'test', stream }, { name: 'p' })
  await producer.send(trade())
  await producer.close()
  await expect(producer.send(trade())).rejects.toMatchObject({ code: 'WEIR_PRODUCER_CLOSED' })
  expect((await counted()).rows).toEqual([2.5])
})

test('acknowledged entries that a failover lost are written again, before what is new', async () => {
  const target = { redisUrl: server.url, namespace: 'test', stream }
  const producer = await openProducer(target, { name: 'p' })
  const send = async (from: number, to: number): Promise<void> => {
    for (let i = from; i < to; i++) await producer.send(trade({ pair: 'P1', volume: i }))
    await producer.flush()
  }
  for (const at of [0, 1, 2, 3]) await send(10 * at, 10 * at + 10)
  const { log: key } = partitionKeys('test', 'trades', partitionOf('P1', PARTITIONS))
  const lost = (await redis.xrevrange(key, '+', '-', 'COUNT', 2)).map(([id]) => id)
  await redis.xdel(key, ...lost)
  await redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
  await send(40, 50)
  expect(byValue((await counted()).rows)).toEqual(numbers(50))

  const before = (await counted()).entries
  await redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
  await send(50, 60)
  expect((await counted()).entries, 'nothing lost, nothing written again').toBe(before + 1)
  await producer.close()
})

test('what gathers within the linger leaves in one entry; a full batch does not wait for it', async () => {
  const target = { redisUrl: server.url, namespace: 'test', stream }
  const lengths = async (): Promise<number[]> => {
    const entries = await log(partitionOf('P1', PARTITIONS))
    return entries.map((entry) => (entry.kind === 'batch' ? entry.n : 0))
  }
  const slow = await openProducer(target, { name: 'slow', linger: 2000 })
  for (const i of numbers(20)) {
    await slow.send(trade({ pair: 'P1', volume: i }))
    await sleep(2)
  }
  expect(await lengths()).toEqual([])
  await expect.poll(lengths).toEqual([20])
  await slow.close()

  const full = await openProducer(target, { name: 'full', linger: 60_000 })
  for (const i of numbers(700)) await full.send(trade({ pair: 'P1', volume: i }))
  await expect.poll(lengths).toEqual([20, 500])
  // By bytes as well: 64 KB an entry.
  for (const i of numbers(20)) await full.send(trade({ pair: 'P1', volume: i, note: 'n'.repeat(8000) }))
  await expect.poll(lengths).toHaveLength(4)
  await full.close()
  expect((await lengths()).reduce((sum, n) => sum + n, 0)).toBe(740)
})

test('rows that wait are bounded in bytes, too: large ones fill memory long before their number does', async () => {
  await server.kill()
  const producer = await openProducer({ redisUrl: server.url, namespace: 'test', stream }, { name: 'p' })
  const big = { pair: 'P1', volume: 1, note: 'n'.repeat(8000), tags: Array(3).fill('t'.repeat(8000)) }
  let taken = 0
  while (
    (await Promise.race([producer.send(trade(big)).then(() => 'taken'), sleep(300, 'waits')])) === 'taken'
  )
    taken++
  expect(taken).toBeGreaterThan(400)
  expect(taken).toBeLessThan(600)
  await server.restart()
  await producer.close()
  expect((await counted()).rows).toHaveLength(taken + 1)
})

test('a partition that cannot be written does not hold up the others', async () => {
  const sick = partitionOf('P1', PARTITIONS)
  const key = partitionKeys('test', 'trades', sick).log
  await redis.set(key, 'no stream')
  const producer = await openProducer({ redisUrl: server.url, namespace: 'test', stream }, { name: 'p' })
  for (const i of numbers(300)) await producer.send(trade({ pair: pair(i), volume: i }))
  const others = numbers(300).filter((i) => partitionOf(pair(i), PARTITIONS) !== sick)
  const well = numbers(PARTITIONS).filter((partition) => partition !== sick)
  const arrived = async (): Promise<number[]> => {
    const entries = (await Promise.all(well.map(log))).flat()
    return byValue(entries.flatMap((entry) => (entry.kind === 'batch' ? entry.columns['volume']! : [])))
  }
  await expect.poll(arrived).toEqual(others)
  await expect(producer.flush(100)).rejects.toThrow(/WRONGTYPE/)
  for (const i of numbers(100)) await producer.send(trade({ pair: pair(i), volume: 300 + i }))
  await redis.del(key)
  await producer.close()
  expect(byValue((await counted()).rows)).toEqual(numbers(400))
})
