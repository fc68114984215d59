import { afterAll, beforeAll, expect, test } from 'vitest'
import { WeirError } from '../error.ts'
import { testConfig } from '../fold.fixture.ts'
import { type Bench, startBench } from './commit.fixture.ts'
import { pastEvents, sendBatch, Shell } from './partition.fixture.ts'

let bench: Bench
beforeAll(async () => {
  bench = await startBench()
})
afterAll(() => bench.stop())

const TARGET = { stream: 's', partition: 0 }

test('state that a newer Weir committed is left as it is', async () => {
  const shell = await Shell.on(bench.redis, testConfig('live'))
  const one = await shell.claim(TARGET)
  await sendBatch(bench.redis, one.keys.log, 'p~1~a', 0, pastEvents(5, 1000))
  await shell.settle(one)
  await one.drop()
  const small = (await bench.redis.hget(one.keys.meta, 'small'))!
  await bench.redis.hset(one.keys.meta, 'small', small.replace('"version":2', '"version":3'))
  const refused: unknown = await shell.claim(TARGET, one.token).catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'WEIR_NEWER', retry: false })
  expect((refused as WeirError).where).toBe(one.keys.meta)
})

test('a key of another type: nothing is half written, and the partition stops with the name of the key', async () => {
  const { redis } = bench
  const shell = await Shell.on(redis, testConfig('live'))
  const one = await shell.claim(TARGET)
  await sendBatch(redis, one.keys.log, 'p~1~a', 0, pastEvents(5, 1000))
  await shell.settle(one)
  await redis.set(one.keys.dead, 'mine')
  const before = await redis.hgetall(one.keys.meta)
  await redis.xadd(one.keys.log, '*', 'no', 'event')
  expect(await shell.settle(one)).toBe('lost')
  await one.drop()
  const { cid, off, small, n } = await redis.hgetall(one.keys.meta)
  expect({ cid, off, small, n }).toEqual({
    cid: before.cid,
    off: before.off,
    small: before.small,
    n: before.n,
  })
  await expect(shell.claim(TARGET, one.token)).rejects.toMatchObject({
    code: 'WEIR_WRONG_TYPE',
    retry: false,
    where: one.keys.dead,
  })
  await redis.del(one.keys.dead)
  expect(await shell.settle(await shell.claim(TARGET, one.token))).toBe('idle')
  expect(await redis.xlen(one.keys.dead)).toBe(1)
})

test('an outbox with more in it than was ever committed stops the partition', async () => {
  const { redis } = bench
  const shell = await Shell.on(redis, testConfig('live'))
  const one = await shell.claim(TARGET)
  await shell.settle(one)
  await one.drop()
  await redis.xadd(one.keys.outbox, '9-0', 'item', 'foreign')
  const refused = shell.claim(TARGET, one.token)
  await expect(refused).rejects.toMatchObject({ code: 'WEIR_WRONG_TYPE', where: one.keys.outbox })
})

test('a partition whose commit is not answered for the term of its lease reads no further', async () => {
  const { redis } = bench
  let ahead = 0
  let away = true
  const shell = await Shell.on(redis, testConfig('live'), { now: () => Date.now() + ahead, ttl: 60_000 })
  const one = await shell.claim(TARGET)
  // Commits alone go nowhere.
  const scripts = redis as unknown as { weirCommit: (...args: unknown[]) => Promise<unknown> }
  const sent = scripts.weirCommit.bind(redis)
  scripts.weirCommit = (...args) => (away ? Promise.reject(new Error('away')) : sent(...args))
  try {
    await sendBatch(redis, one.keys.log, 'p~1~a', 0, pastEvents(5, 1000))
    await shell.turn(one)
    await expect.poll(() => shell.failures.length).toBeGreaterThan(0)
    expect(one.hungry).toBe(true)
    ahead = 60_001
    expect(one.hungry).toBe(false)
    away = false
    await expect.poll(() => one.hungry).toBe(true)
  } finally {
    scripts.weirCommit = sent
  }
})

test('a lease is judged by its own term, not by that of who wants it', async () => {
  const { redis } = bench
  const shell = await Shell.on(redis, testConfig('live'), { ttl: 60_000 })
  const one = await shell.claim(TARGET)
  const hasty = shell.other('w2', { ttl: 1000 })
  await expect(hasty.claim(TARGET)).rejects.toThrow('HELD')
  await one.drop()
  await redis.hset(one.keys.meta, 'exp', String(Date.now() + 130_000))
  expect((await hasty.claim(TARGET)).token).toContain('w2')
})
