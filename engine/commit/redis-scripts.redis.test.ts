import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  addEntries,
  type Bench,
  commitOf,
  freshKeys,
  groupOf,
  own,
  startBench,
  TTL,
} from './commit.fixture.ts'
import { neverRead } from './holes.ts'
import { acquire, commit, renew } from './redis-scripts.ts'

let bench: Bench
beforeAll(async () => void (bench = await startBench()))
afterAll(async () => bench.stop())

const OUTPUTS = {
  meta: ['small', '{}', 'round', '1'],
  pend: ['0', '{"v":1}'],
  view: ['m/1m', '{}', 'old', 'x'],
  viewGone: ['old'],
  outbox: ['1-0', '{"to":"s.1"}'],
  snapshot: ['header@1', 'h', 'header@0', 'x'],
  snapshotGone: ['header@0'],
  dead: ['{"reason":"d"}'],
  late: ['{"reason":"l"}'],
  live: ['{"fields":["m/1m"]}', '{"fields":["m/1h"]}'],
  acks: ['x:s.1', '41'],
}

test('OK writes everything at once; the group shows the position, no lag and nothing pending', async () => {
  const { redis } = bench
  const keys = freshKeys()
  const ids = await addEntries(redis, keys, 5)
  const { token } = await own(redis, keys)
  expect(await groupOf(redis, keys)).toMatchObject({ lag: 5, pending: 0 })
  const done = await commit(redis, keys, commitOf(token, '0:0', '1:a', ids.slice(0, 3), OUTPUTS))
  expect(done).toMatchObject({ verdict: 'OK', last: ids[4] })
  expect(await groupOf(redis, keys)).toMatchObject({ 'last-delivered-id': ids[2], lag: 2, pending: 0 })
  expect(await redis.hgetall(keys.meta)).toMatchObject({
    cid: '1:a',
    off: ids[2],
    n: '3',
    small: '{}',
    round: '1',
  })
  expect(await redis.hgetall(keys.pend)).toEqual({ 0: '{"v":1}' })
  expect(await redis.hgetall(keys.view)).toEqual({ 'm/1m': '{}' })
  expect(await redis.hgetall(keys.snapshot)).toEqual({ 'header@1': 'h' })
  expect(await redis.hgetall(keys.acks)).toEqual({ 'x:s.1': '41' })
  expect(await redis.xrange(keys.outbox, '-', '+')).toEqual([['1-0', ['item', '{"to":"s.1"}']]])
  expect((await redis.xrange(keys.dead, '-', '+'))[0]![1]).toEqual(['row', '{"reason":"d"}'])
  expect((await redis.xrange(keys.late, '-', '+'))[0]![1]).toEqual(['row', '{"reason":"l"}'])
  const live = await redis.xrange(keys.live, '-', '+')
  expect(live.map(([, fields]) => fields[1])).toEqual(['0-0', live[0]![0]])
  expect(await redis.hget(keys.meta, 'live')).toBe(live[1]![0])
})

test('DUP: the same commit sent again has one effect; a rebuilt one after it is STALE and changes nothing', async () => {
  const { redis } = bench
  const keys = freshKeys()
  const ids = await addEntries(redis, keys, 3)
  const { token } = await own(redis, keys)
  const first = commitOf(token, '0:0', '1:a', ids.slice(0, 2), OUTPUTS)
  expect((await commit(redis, keys, first)).verdict).toBe('OK')
  const before = await dump(keys)
  expect((await commit(redis, keys, first)).verdict).toBe('DUP')
  // A commit whose reply was lost may not be built anew: it could be longer than what has been executed.
  const rebuilt = commitOf(token, '0:0', '1:b', ids, OUTPUTS)
  expect((await commit(redis, keys, rebuilt)).verdict).toBe('STALE')
  expect(await dump(keys)).toEqual(before)
})

test('FENCED: a superseded token never commits and never renews', async () => {
  const { redis } = bench
  const keys = freshKeys()
  const ids = await addEntries(redis, keys, 2)
  const old = await own(redis, keys, 'w1')
  await redis.hset(keys.meta, 'exp', '0')
  const young = await own(redis, keys, 'w2')
  const before = await dump(keys)
  expect((await commit(redis, keys, commitOf(old.token, '0:0', '1:a', ids, OUTPUTS))).verdict).toBe('FENCED')
  const renewal = { token: old.token, ttl: TTL, off: ids[1]!, n: 2, tick: true, mark: '9-0', release: true }
  expect((await renew(redis, keys, renewal)).verdict).toBe('FENCED')
  expect(await dump(keys)).toEqual(before)
  expect((await commit(redis, keys, commitOf(young.token, '0:0', '1:b', ids))).verdict).toBe('OK')
})

test('GONE: one tail that was read is not there any more, though newer entries are', async () => {
  const { redis } = bench
  const keys = freshKeys()
  const ids = await addEntries(redis, keys, 4)
  const { token } = await own(redis, keys)
  await redis.xdel(keys.log, ids[1]!)
  const before = await dump(keys)
  const tails = [ids[1]!, ids[3]!]
  expect((await commit(redis, keys, commitOf(token, '0:0', '1:a', ids, { tails, ...OUTPUTS }))).verdict).toBe(
    'GONE',
  )
  expect(await dump(keys)).toEqual(before)
})

test('GONE: the whole log was deleted, also where the commit read nothing new', async () => {
  const { redis } = bench
  const keys = freshKeys()
  await addEntries(redis, keys, 1)
  const { token } = await own(redis, keys)
  await redis.del(keys.log)
  expect((await commit(redis, keys, commitOf(token, '0:0', '1:a', []))).verdict).toBe('GONE')
  expect((await renew(redis, keys, { token, ttl: TTL, off: '0-0', n: 0 })).verdict).toBe('GONE')
})

test('CLOCK: an id of the far future; the position moves on, and for ticks the log is told the time', async () => {
  const { redis } = bench
  const keys = freshKeys()
  const future = (await redis.xadd(keys.log, `${Date.now() + 120_000}-0`, 'k', 'a'))!
  const { token } = await own(redis, keys)
  expect(await commit(redis, keys, commitOf(token, '0:0', '1:a', [future]))).toMatchObject({
    verdict: 'CLOCK',
    last: future,
  })
  expect(await redis.hget(keys.meta, 'off')).toBe(future)
  const renewal = { token, ttl: TTL, off: future, n: 1, tick: true, mark: '9-0' }
  expect((await renew(redis, keys, renewal)).verdict).toBe('CLOCK')
  const added = (await redis.xrange(keys.log, `(${future}`, '+')).map(([, fields]) => fields)
  const told = ['weir', 'clock/1', 'is', 'ahead', 'at', expect.stringMatching(/^\d{13}$/) as string]
  expect(added).toEqual([['weir', 'control/1', 'id', '9-0'], told])
})

test('the log is trimmed below what is asked for and keeps the position; the outbox below what was confirmed', async () => {
  const { redis } = bench
  const keys = freshKeys()
  const ids = await addEntries(redis, keys, 400)
  const { token } = await own(redis, keys)
  const outbox = ['1-0', 'a', '2-0', 'b', '3-0', 'c']
  await commit(redis, keys, commitOf(token, '0:0', '1:a', ids.slice(0, 350), { outbox }))
  const done = commitOf(token, '1:a', '2:a', ids, { trim: ids[300]!, outboxTrim: '3-0' })
  expect((await commit(redis, keys, done)).verdict).toBe('OK')
  const left = await redis.xrange(keys.log, '-', '+')
  expect(left.length).toBeLessThan(250)
  expect(left.map(([id]) => id)).toEqual(expect.arrayContaining(ids.slice(300)))
  expect((await redis.xrange(keys.outbox, '-', '+')).map(([id]) => id)).toEqual(['3-0'])
  expect(await groupOf(redis, keys)).toMatchObject({ lag: 0, pending: 0 })
})

test('of tens of thousands of entries as many go as are asked for, in one commit', async () => {
  const { redis } = bench
  const keys = freshKeys()
  await redis.eval(
    "for i = 1, 60000 do redis.call('XADD', KEYS[1], i .. '-0', 'weir', 'event/1') end",
    1,
    keys.log,
  )
  const { token } = await own(redis, keys)
  const done = commitOf(token, '0:0', '1:a', ['60000-0'], { trim: '59000-0' })
  expect((await commit(redis, keys, { ...done, n: 60_000 })).verdict).toBe('OK')
  expect(await redis.xlen(keys.log)).toBeLessThan(1200)
})

test('an outbox that somebody else wrote to refuses the commit before anything is written, each time', async () => {
  const { redis } = bench
  const keys = freshKeys()
  const ids = await addEntries(redis, keys, 3)
  const { token } = await own(redis, keys)
  // Somebody else wrote there.
  await redis.xadd(keys.outbox, '9-0', 'item', 'foreign')
  const done = commitOf(token, '0:0', '1:a', ids, { outbox: ['1-0', 'a'], view: ['f', 'x'] })
  const before = await redis.hgetall(keys.meta)
  for (let i = 0; i < 2; i++) expect((await commit(redis, keys, done)).verdict).toBe('TYPE')
  expect(await redis.hgetall(keys.meta)).toEqual(before)
  expect(await redis.exists(keys.view)).toBe(0)
  await redis.del(keys.outbox)
  expect((await commit(redis, keys, done)).verdict).toBe('OK')
  expect((await commit(redis, keys, done)).verdict).toBe('DUP')
  expect(await redis.xlen(keys.outbox)).toBe(1)
})

test('renewal prolongs, ticks and marks; release gives back at once', async () => {
  const { redis } = bench
  const keys = freshKeys()
  const { token } = await own(redis, keys)
  await sleep(20)
  const exp = Number(await redis.hget(keys.meta, 'exp'))
  await renew(redis, keys, { token, ttl: TTL, off: '0-0', n: 0, tick: true, mark: '9-0' })
  expect(Number(await redis.hget(keys.meta, 'exp'))).toBeGreaterThan(exp)
  const kinds = (await redis.xrange(keys.log, '-', '+')).map(([, fields]) => fields[1])
  expect(kinds).toEqual(['control/1', 'tick/1'])
  expect((await acquire(redis, keys, 'w2', 'x', TTL, '1-0')).verdict).toBe('HELD')
  await renew(redis, keys, { token, ttl: TTL, off: '0-0', n: 0, release: true })
  expect((await acquire(redis, keys, 'w2', 'x', TTL, '1-0')).verdict).toBe('OK')
})

test('acquire: held, its own token replaced, expired, a poisoned term, and never the same token twice', async () => {
  const { redis } = bench
  const keys = freshKeys()
  const first = await own(redis, keys)
  const held = await acquire(redis, keys, 'w2', 'n', TTL, '1-0')
  expect(held).toMatchObject({ verdict: 'HELD' })
  expect(held.verdict === 'HELD' && held.left).toBeLessThanOrEqual(TTL)
  const replaced = await own(redis, keys, 'w1', first.token)
  expect((await acquire(redis, keys, 'w1', 'n', TTL, '1-0', first.token)).verdict).toBe('HELD')
  await redis.hset(keys.meta, 'exp', String(Date.now() - 1))
  const expired = await own(redis, keys, 'w2')
  // A term written by a clock far ahead protects nobody.
  await redis.hset(keys.meta, 'exp', String(Date.now() + 3 * TTL))
  const poisoned = await own(redis, keys, 'w3')
  const tokens = [first, replaced, expired, poisoned].map(({ token }) => token)
  expect(tokens.map((token) => token.split(':')[0])).toEqual(['1', '2', '3', '4'])
})

test('acquire of a new partition makes its group at the beginning and keeps the first control state', async () => {
  const { redis } = bench
  const keys = freshKeys()
  const acquired = await own(redis, keys)
  expect(acquired.meta.get('control0')).toBe('1-0')
  await commit(redis, keys, commitOf(acquired.token, '0:0', '1:a', []))
  expect(await groupOf(redis, keys)).toMatchObject({ name: 'weir', 'last-delivered-id': '0-0', pending: 0 })
  await redis.hset(keys.meta, 'exp', '0')
  const later = await acquire(redis, keys, 'w1', 'n', TTL, '7-0')
  expect(later.verdict === 'OK' && later.meta.get('control0')).toBe('1-0')
})

test('RESET: the log is gone or shorter than the position; the position is never guessed', async () => {
  const { redis } = bench
  const keys = freshKeys()
  const ids = await addEntries(redis, keys, 3)
  const { token } = await own(redis, keys)
  await commit(redis, keys, commitOf(token, '0:0', '1:a', ids))
  await redis.hset(keys.meta, 'exp', '0')
  await redis.del(keys.log)
  const reset = await acquire(redis, keys, 'w1', 'n', TTL, '1-0')
  expect(reset).toEqual({ verdict: 'RESET', off: ids[2], last: '0-0' })
  await redis.xadd(keys.log, '5-0', 'k', 'a')
  expect(await acquire(redis, keys, 'w1', 'n', TTL, '1-0')).toMatchObject({ verdict: 'RESET', last: '5-0' })
})

test('a log that was deleted and filled again: counting goes on, the group is never told more than there is', async () => {
  const { redis } = bench
  const keys = freshKeys()
  const ids = await addEntries(redis, keys, 5)
  const first = await own(redis, keys)
  await commit(redis, keys, commitOf(first.token, '0:0', '1:a', ids))
  await redis.del(keys.log)
  await redis.hset(keys.meta, 'exp', '0')
  await sleep(2)
  const [id] = await addEntries(redis, keys, 1)
  const { token } = await own(redis, keys)
  expect((await groupOf(redis, keys))['entries-read']).toBe(1)
  const next = commitOf(token, '1:a', '2:a', [id!], { n: 6 })
  expect((await commit(redis, keys, next)).verdict).toBe('OK')
  expect(await redis.hget(keys.meta, 'n')).toBe('6')
  expect((await groupOf(redis, keys))['entries-read']).toBe(1)
})

test('how many entries were trimmed before they were read is told exactly, at the end of the log', async () => {
  const { redis } = bench
  const keys = freshKeys()
  const ids = await addEntries(redis, keys, 10)
  const { token } = await own(redis, keys)
  await commit(redis, keys, commitOf(token, '0:0', '1:a', ids.slice(0, 3)))
  await redis.xtrim(keys.log, 'MAXLEN', 4)
  const rest = commitOf(token, '1:a', '2:a', ids.slice(6, 9), { n: 6 })
  expect(neverRead(rest, await commit(redis, keys, rest))).toBe(0)
  const last = commitOf(token, '2:a', '3:a', ids.slice(9), { n: 7 })
  expect(neverRead(last, await commit(redis, keys, last))).toBe(3)
})

test('with memory full, commits, renewals and take-overs pass while producers are refused', async () => {
  const full = await startBench()
  try {
    const { redis } = full
    const keys = freshKeys()
    const other = freshKeys()
    const ids = await addEntries(redis, keys, 3)
    const { token } = await own(redis, keys)
    await redis.set('ballast', 'x'.repeat(3_000_000))
    await redis.config('SET', 'maxmemory', '1mb')
    await expect(addEntries(redis, keys, 1)).rejects.toThrow(/OOM/)
    expect((await commit(redis, keys, commitOf(token, '0:0', '1:a', ids, OUTPUTS))).verdict).toBe('OK')
    expect(await redis.hget(keys.view, 'm/1m')).toBe('{}')
    const renewal = { token, ttl: TTL, off: ids[2]!, n: 3, tick: true }
    expect((await renew(redis, keys, renewal)).verdict).toBe('OK')
    expect((await own(redis, keys, 'w2', token)).meta.get('off')).toBe(ids[2])
    expect((await own(redis, other)).verdict).toBe('OK')
    await redis.del('ballast')
    await redis.config('SET', 'maxmemory', '0')
    await addEntries(redis, keys, 1)
  } finally {
    await full.stop()
  }
})

/** Everything of a partition that a commit could change. */
async function dump(keys: ReturnType<typeof freshKeys>): Promise<unknown> {
  const { redis } = bench
  const { exp: _, ...meta } = await redis.hgetall(keys.meta)
  const hashes = await Promise.all(
    [keys.pend, keys.view, keys.snapshot, keys.acks].map((key) => redis.hgetall(key)),
  )
  const streams = await Promise.all(
    [keys.log, keys.outbox, keys.live, keys.dead, keys.late].map((key) => redis.xrange(key, '-', '+')),
  )
  return { meta, hashes, streams, group: await groupOf(redis, keys) }
}
