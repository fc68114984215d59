/** A producer with a spool, with Redis away and back, killed and opened again: every event once, in order. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { startRedis, type TestRedis } from '../../test/harness/redis.ts'
import { connect } from '../stream/connection.ts'
import { partitionKeys } from '../stream/keys.ts'
import { partitionOf } from '../stream/partition-hash.ts'
import { decode } from './decode.ts'
import type { Producer, ProducerOptions } from './producer.ts'
import { openProducer } from './redis-producer.ts'
import { Producers } from './sequence.ts'
import { trade, tradesStream } from './trades.fixture.ts'

const PARTITIONS = 4
const stream = tradesStream({ partitions: PARTITIONS })
let server: TestRedis
let redis: Redis
let directory: string

beforeAll(async () => {
  server = await startRedis({ fsync: 'always' })
  redis = connect(server.url, 'query')
})
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})
beforeEach(async () => {
  await redis.flushall()
  directory = await mkdtemp(join(tmpdir(), 'weir-spool-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const open = (change: Partial<ProducerOptions> = {}): Promise<Producer> =>
  openProducer(
    { redisUrl: server.url, namespace: 'test', stream },
    { name: 'p', spool: directory, highWater: 50, ...change },
  )

/** As the engine counts: values in log order per partition, duplicates dropped by number. */
async function counted(): Promise<{ values: number[][]; ids: Set<string>; missing: number }> {
  const values: number[][] = []
  const ids = new Set<string>()
  let missing = 0
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const producers = new Producers()
    const mine: number[] = []
    for (const [id, fields] of await redis.xrange(partitionKeys('test', 'trades', partition).log, '-', '+')) {
      const entry = decode(id, fields)
      if (entry.kind === 'beat') continue
      if (entry.kind !== 'batch') throw new Error(`found ${entry.kind}`)
      ids.add(entry.from)
      const fate = producers.accept(entry.from, entry.seq, entry.n, entry.ms)
      if (fate.verdict === 'refused') throw new Error(fate.reason)
      for (const [i, value] of entry.columns['volume']!.entries())
        if (fate.verdict === 'all' || fate.fresh[i]) mine.push(value as number)
    }
    missing += producers.missing
    values.push(mine)
  }
  return { values, ids, missing }
}
const numbers = (n: number, from = 0): number[] => Array.from({ length: n }, (_, i) => from + i)
const all = (values: number[][]): number[] => values.flat().toSorted((a, b) => a - b)
const sorted = (values: number[]): boolean => values.every((value, i) => i === 0 || values[i - 1]! < value)
const send = (producer: Producer, i: number) => producer.send(trade({ pair: `P${i % 50}`, volume: i }))
const spooled = async (): Promise<string[]> =>
  (await readdir(directory)).filter((name) => name.endsWith('.spool'))

test('with Redis away nobody waits: all goes to disk, and from there to Redis, in order, before what is newer', async () => {
  const producer = await open()
  for (const i of numbers(100)) await send(producer, i)
  await producer.flush()
  expect(await spooled()).toEqual([])
  await server.kill()
  for (const i of numbers(3000, 100)) expect(await send(producer, i)).toEqual({ ok: true })
  expect(producer.spool!.waiting).toBeGreaterThan(2900)
  await server.restart()
  for (const i of numbers(500, 3100)) await send(producer, i)
  await producer.flush()
  const { values, ids, missing } = await counted()
  expect(all(values)).toEqual(numbers(3600))
  expect(values.map(sorted)).toEqual([true, true, true, true])
  expect([ids.size, missing]).toEqual([1, 0])
  await producer.close()
  expect(await readdir(directory)).toEqual([])
  expect(producer.spool).toEqual({ waiting: 0, refused: 0, cutBytes: 0, damaged: 0 })
})

test('what is sent while the disk is emptied never overtakes what lies there, also of a partition far behind', async () => {
  const producer = await open({ linger: 1 })
  await server.kill()
  const [long, short] = ['P1', 'P2']
  expect(partitionOf(long, PARTITIONS)).not.toBe(partitionOf(short, PARTITIONS))
  const note = 'n'.repeat(8000)
  for (const i of numbers(150))
    await producer.send(trade({ pair: long, volume: i, note, tags: [note, note] }))
  await producer.send(trade({ pair: short, volume: 0 }))
  await server.restart()
  for (let i = 1; producer.spool!.waiting > 0; i++) {
    await producer.send(trade({ pair: short, volume: i }))
    if (i % 3 === 0) await sleep(1)
  }
  await producer.close()
  const { values } = await counted()
  expect(values[partitionOf(long, PARTITIONS)]).toEqual(numbers(150))
  expect(sorted(values[partitionOf(short, PARTITIONS)]!)).toBe(true)
})

test('closed with Redis away it keeps everything; the next one goes on under its id and numbers', async () => {
  const first = await open({ highWater: 10_000 })
  for (const i of numbers(40)) await send(first, i)
  await first.flush()
  await server.kill()
  for (const i of numbers(60, 40)) await send(first, i)
  await first.close(50)
  const second = await open()
  expect(second.id).toBe(first.id)
  for (const i of numbers(100, 100)) await send(second, i)
  await second.close(50)
  await server.restart()
  const third = await open()
  for (const i of numbers(50, 200)) await send(third, i)
  await third.close()
  const { values, ids, missing } = await counted()
  expect(all(values)).toEqual(numbers(250))
  expect(values.map(sorted)).toEqual([true, true, true, true])
  expect([[...ids], missing]).toEqual([[first.id], 0])
  expect(await readdir(directory)).toEqual([])
})

test('what a power cut leaves on disk is sent by the next one, what it had sent before comes again and is known', async () => {
  const copy = await mkdtemp(join(tmpdir(), 'weir-spool-'))
  const producer = await open()
  await server.kill()
  for (const i of numbers(1000)) await send(producer, i)
  // A moment later all is on disk.
  while (producer.spool!.waiting < 1000) await sleep(5)
  await cp(directory, copy, { recursive: true, filter: (source) => !source.endsWith('lock') })
  await server.restart()
  await producer.close()
  const again = await open({ spool: copy })
  for (const i of numbers(100, 1000)) await send(again, i)
  await again.close()
  const { values, ids, missing } = await counted()
  expect(all(values)).toEqual(numbers(1100))
  expect(values.map(sorted)).toEqual([true, true, true, true])
  expect([ids.size, missing]).toEqual([1, 0])
  await rm(copy, { recursive: true })
})

test('a full spool refuses, one error per event, counts exactly, and all it took arrives', async () => {
  const producer = await open({ spoolBytes: 20_000 })
  await server.kill()
  const taken: number[] = []
  let refused = 0
  for (const i of numbers(5000)) {
    const sent = await send(producer, i)
    if (sent.ok) taken.push(i)
    else {
      expect(sent).toEqual({ ok: false, refused: true, reason: 'the spool is full: the event was not taken' })
      refused++
    }
  }
  expect(refused).toBeGreaterThan(1000)
  expect(producer.spool!.refused).toBe(refused)
  await server.restart()
  await producer.flush()
  expect(await send(producer, 5000)).toEqual({ ok: true })
  await producer.close()
  const { values, missing } = await counted()
  expect(all(values)).toEqual([...taken, 5000])
  expect([refused + taken.length, missing]).toEqual([5000, 0])
})

test('what finds no room on disk when it is closed is said', async () => {
  await server.kill()
  const producer = await open({ spoolBytes: 2000, highWater: 10_000 })
  for (const i of numbers(2000)) await send(producer, i)
  await expect(producer.close(50)).rejects.toThrow(/^\d+ events are not in Redis .*: the spool is full\.$/)
  await server.restart()
})

test('a disk that fails is said to the caller, and nothing is lost that was in memory', async () => {
  const producer = await open()
  await rm(directory, { recursive: true })
  await server.kill()
  let said = ''
  for (let i = 0; said === '' && i < 5000; i++) {
    const sent = await send(producer, i)
    if (!sent.ok) said = sent.reason
  }
  expect(said).toMatch(/^the spool /)
  await server.restart()
  await producer.flush()
  await producer.close()
  const found = all((await counted()).values)
  expect(found).toEqual(numbers(found.length))
})

test('Redis killed at random, producers closed and killed at random: every event once, in order', async () => {
  let producer = await open()
  const kills = (async () => {
    for (let i = 0; i < 5; i++) {
      await sleep(150)
      await server.kill()
      await sleep(i % 2 === 0 ? 100 : 900)
      await server.restart()
    }
  })()
  let killing = true
  void kills.then(() => (killing = false))
  let i = 0
  while (killing) {
    await send(producer, i)
    if (++i % 100 === 0) await sleep(2)
    if (i % 7000 !== 0) continue
    await producer.close(20)
    producer = await open()
  }
  await kills
  await producer.flush()
  await producer.close()
  const { values, missing } = await counted()
  expect(all(values)).toEqual(numbers(i))
  expect(values.map(sorted)).toEqual([true, true, true, true])
  expect(missing).toBe(0)
  expect(await readdir(directory)).toEqual([])
})

test('a process killed while it spools: all that it saw on disk is sent by the next', async () => {
  const module = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href)
  const options = JSON.stringify({ name: 'p', spool: directory, highWater: 50 })
  const target = JSON.stringify({ redisUrl: server.url, namespace: 'test', stream })
  const code = `
    const { openProducer } = await import(${module('./redis-producer.ts')})
    const producer = await openProducer(${target}, ${options})
    for (let i = 0; ; i++) {
      await producer.send({ at: 1700000000000, pair: 'P' + (i % 50), volume: i })
      if (i % 50 === 0) console.log(producer.spool.waiting)
    }`
  await server.kill()
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let most = 0
  child.stdout.on('data', (chunk: Buffer) => {
    most = Math.max(most, ...chunk.toString().trim().split('\n').map(Number))
    if (most > 2000) child.kill('SIGKILL')
  })
  await once(child, 'exit')
  await server.restart()
  const next = await open()
  await next.flush()
  await next.close()
  const { values, missing } = await counted()
  const found = all(values)
  expect(found.length).toBeGreaterThanOrEqual(most)
  expect(values.map(sorted)).toEqual([true, true, true, true])
  expect(missing).toBe(0)
})
