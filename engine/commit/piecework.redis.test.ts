/** A partition whose entries and snapshots are done in pieces, with commits, waits and ends between any two of them. */
import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { admitter } from './claim.ts'
import { type Bench, startBench } from './commit.fixture.ts'
import type { Partition } from './partition.ts'
import { configOf, kill, pastEvents, sendBatch, Shell } from './partition.fixture.ts'

let bench: Bench
beforeAll(async () => void (bench = await startBench()))
afterAll(async () => bench.stop())

const TARGET = { stream: 's', partition: 0 }

test('every entry and snapshot left off after each piece, with commits wherever they may lie: exact after every kill', async () => {
  let one: Partition | null = null
  let breaths = 0
  let halfway = 0
  const breathe = (): Promise<void> => {
    breaths++
    if (one?.pulse(Date.now(), '') === 'busy') halfway++
    return setImmediate()
  }
  const shell = await Shell.on(bench.redis, configOf(), { snapshotEvery: 5, breathe })
  const events = pastEvents(300, 20_000)
  one = await shell.claim(TARGET)
  const { log } = one.keys
  await logFlat(log, events)
  for (let i = 0; i < 10; i++) {
    const feeding = one.feed(await shell.read(one, 30), admitter(shell.controls))
    for (let k = 0; k < 20; k++) {
      one.pulse(Date.now(), '')
      await setImmediate()
    }
    if (i % 3 === 0) {
      const killed = one
      await killed.drop()
      await feeding
      one = await shell.claim(TARGET, killed.token)
    } else await feeding
  }
  await shell.pass(one)
  expect(await shell.small(one)).toMatchObject({ counted: 300, duplicate: 0, dead: 0 })
  expect(await shell.total(one, 'sum')).toBe((300 * 301) / 2)
  expect(await shell.total(one, 'count')).toBe(300)
  expect(breaths).toBeGreaterThan(1000)
  expect(halfway).toBeGreaterThan(100)
  const { redis } = bench
  expect(Number(await redis.hget(one.keys.meta, 'round'))).toBeGreaterThan(3)
  await kill(one)
  expect((await shell.claim(TARGET, one.token)).fold.small().counted).toBe(300)
  expect(shell.failures).toEqual([])
})

/** One flat event an entry, log time with event time. */
async function logFlat(log: string, events: ReturnType<typeof pastEvents>): Promise<void> {
  for (const { at, k, v, good } of events)
    await bench.redis.xadd(log, `${at}-0`, 'at', String(at), 'k', k, 'v', String(v), 'good', String(good))
}

test('a snapshot that begins while an entry waits for its control state: the entry waits for the snapshot', async () => {
  const env = { snapshotEvery: 0, breathe: () => setImmediate() }
  const shell = await Shell.on(bench.redis, configOf(), env)
  const one = await shell.claim(TARGET)
  const events = pastEvents(160, 10_000)
  const { log, meta } = one.keys
  await logFlat(log, events.slice(0, 150))
  await one.feed(await shell.read(one, 1000), admitter(shell.controls))
  const { at } = events[153]!
  await bench.redis.xadd(log, `${at}-0`, 'weir', 'control/1', 'id', one.fold.small().control)
  await one.feed(await shell.read(one, 1), async (entry) => {
    one.pulse(Date.now(), '')
    await setImmediate()
    return entry
  })
  await expect.poll(() => (one.pulse(Date.now(), ''), bench.redis.hget(meta, 'round'))).not.toBeNull()
  await kill(one)
  expect((await shell.claim(TARGET, one.token)).fold.small().counted).toBe(150)
})

test('a commit does not wait for the snapshot that begins with it', async () => {
  let finish = (): void => undefined
  const held = new Promise<void>((resolve) => (finish = resolve))
  let encoding = false
  const shell = await Shell.on(bench.redis, configOf(), {
    snapshotEvery: 0,
    breathe: () => (encoding ? held : null),
  })
  const one = await shell.claim(TARGET)
  const { log, meta } = one.keys
  await logFlat(log, pastEvents(150, 10_000))
  await one.feed(await shell.read(one, 1000), admitter(shell.controls))
  encoding = true
  one.pulse(Date.now(), '')
  await expect.poll(() => bench.redis.hget(meta, 'off')).toBe(one.off)
  expect(await bench.redis.hget(meta, 'round')).toBeNull()
  finish()
  await expect.poll(() => (one.pulse(Date.now(), ''), bench.redis.hget(meta, 'round'))).not.toBeNull()
  await kill(one)
  expect((await shell.claim(TARGET, one.token)).fold.small().counted).toBe(150)
  expect(shell.failures).toEqual([])
})

test('no time passes in a quiet log while ticks wait', async () => {
  const shell = await Shell.on(bench.redis, configOf())
  const one = await shell.claim(TARGET)
  const { log } = one.keys
  await sendBatch(bench.redis, log, 'p~1~a', 0, pastEvents(5, 5000))
  await one.feed(await shell.read(one), admitter(shell.controls))
  const later = Date.now() + 60_000
  await expect.poll(() => one.pulse(later, '', false)).toBe('idle')
  expect(await bench.redis.xlen(log)).toBe(1)
  await expect.poll(() => (one.pulse(later, ''), bench.redis.xlen(log))).toBe(2)
})

test('a partition that gives its lease back does nothing else meanwhile, however often it is pulsed', async () => {
  const shell = await Shell.on(bench.redis, configOf(), { breathe: () => setImmediate() })
  const one = await shell.claim(TARGET)
  await logFlat(one.keys.log, pastEvents(400, 20_000))
  await shell.settle(one)
  let released = false
  const releasing = one.release(Date.now()).finally(() => (released = true))
  while (!released) {
    one.pulse(Date.now(), '')
    await setImmediate()
  }
  await releasing
  expect(shell.failures).toEqual([])
  expect((await shell.claim(TARGET)).fold.small().counted).toBe(400)
})
