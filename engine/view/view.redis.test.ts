import type { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addEntries, type Bench, commitOf, own, startBench } from '../commit/commit.fixture.ts'
import { commit } from '../commit/redis-scripts.ts'
import { testConfig } from '../fold.fixture.ts'
import { type PartitionKeys, partitionKeys } from '../stream/keys.ts'
import { type Frame, PartitionView } from './partition-view.ts'
import { takePulse } from './pulse.ts'

let bench: Bench
let redis: Redis
beforeAll(async () => {
  bench = await startBench()
  redis = bench.redis
})
afterAll(async () => bench.stop())

/** Commits views of one partition, one frame per commit. */
class Writer {
  readonly keys: PartitionKeys
  private token = ''
  private n = 0

  constructor(keys: PartitionKeys) {
    this.keys = keys
  }

  async write(fields: Record<string, unknown>, gone: string[] = [], said?: object): Promise<void> {
    if (this.token === '') this.token = (await own(redis, this.keys)).token
    const frame = said ?? { fields: [...Object.keys(fields), ...gone] }
    const before = this.n === 0 ? '0:0' : `${this.n}:x`
    const one = commitOf(this.token, before, `${++this.n}:x`, [], {
      view: Object.entries(fields).flatMap(([name, value]) => [name, JSON.stringify(value)]),
      viewGone: gone,
      live: [JSON.stringify(frame)],
    })
    expect((await commit(redis, this.keys, one)).verdict).toBe('OK')
  }

  async frames(after = '-'): Promise<Frame[]> {
    const raw = await redis.xrange(this.keys.live, after === '-' ? after : `(${after}`, '+')
    return raw.map(([id, [, prev, , json]]) => ({ id, prev: prev!, json: json! }))
  }
}

let spaces = 0
const fresh = (): Writer => new Writer(partitionKeys(`v${spaces++}`, 's', 0))

test('a reader that follows has what is committed, field by field', async () => {
  const writer = fresh()
  await writer.write({ 'm/1m': '1', 'm/1m/0': 'a' })
  const view = new PartitionView(writer.keys)
  await view.load(redis)
  await writer.write({ 'm/1m/0': 'b' })
  await writer.write({ 'm/1h': '2' }, ['m/1m'])
  expect(await view.apply(redis, await writer.frames(view.at))).toEqual(['m/1m/0', 'm/1h', 'm/1m'])
  expect(Object.fromEntries(view.fields)).toEqual({ 'm/1m/0': 'b', 'm/1h': '2' })
  expect(await view.apply(redis, [])).toEqual([])
})

test('where a frame is missing, everything is read anew: nothing stays old, nothing stays that is gone', async () => {
  const writer = fresh()
  await writer.write({ a: '1', b: '1', c: '1' })
  const view = new PartitionView(writer.keys)
  await view.load(redis)
  await writer.write({ a: '2' }, ['b'])
  await writer.write({ c: '2' })
  const [, ...late] = await writer.frames(view.at)
  expect((await view.apply(redis, late)).toSorted()).toEqual(['a', 'c'])
  expect(Object.fromEntries(view.fields)).toEqual({ a: '2', c: '2' })
  expect(await view.apply(redis, await writer.frames(view.at))).toEqual([])
})

test('after a failover took frames back, the reader converges to what is left (I12)', async () => {
  const writer = fresh()
  await writer.write({ a: '1' })
  const view = new PartitionView(writer.keys)
  await view.load(redis)
  const [lost] = await (await writer.write({ a: '2' }), writer.frames(view.at))
  await view.apply(redis, [lost!])
  // The new master never had that commit.
  await redis.xdel(writer.keys.live, lost!.id)
  await redis.hset(writer.keys.meta, 'live', lost!.prev)
  await redis.hset(writer.keys.view, 'a', '"1"')
  await writer.write({ b: '3' })
  await view.apply(redis, await writer.frames(view.at))
  expect(Object.fromEntries(view.fields)).toEqual({ a: '1', b: '3' })
})

test('alerts come by their frames, and the one that fell out of those kept leaves', async () => {
  const writer = fresh()
  await writer.write({ old: '1', new: '1' }, [], { event: 'fired', alert: { id: 'new' } })
  const view = new PartitionView(writer.keys)
  await view.load(redis)
  await writer.write({ new: '2' }, ['old'], { event: 'resolved', alert: { id: 'new' }, gone: 'old' })
  await view.apply(redis, await writer.frames(view.at))
  expect(Object.fromEntries(view.fields)).toEqual({ new: '2' })
})

test('rows of a window: labels, values, and the ratio to the baseline where there is one', async () => {
  const view = new PartitionView(partitionKeys('x', 's', 0))
  view.put('m/1m', '{"asOf":5,"blocks":2}')
  view.put('m/1m/0', '{"g":["[\\"a\\"]","[\\"b\\"]"],"mean":[6,null],"baseline":[2,0]}')
  const rows = view.rows('m', '1m', ['k'], ['mean', 'max'], 'mean')
  expect(rows).toEqual([
    { group: { k: 'a' }, asOf: 5, values: { mean: 6, max: null }, baseline: 2, ratio: 3 },
    { group: { k: 'b' }, asOf: 5, values: { mean: null, max: null }, baseline: 0, ratio: null },
  ])
  expect(view.rows('m', '1h', ['k'], ['mean'], null)).toEqual([])
  view.put('m/1m/0', '{"g":["[\\"a\\"]"],"mean":[7]}')
  expect(view.rows('m', '1m', ['k'], ['mean'], null)).toEqual([
    { group: { k: 'a' }, asOf: 5, values: { mean: 7 } },
  ])
})

const streams = testConfig('live').streams

test('the pulse: no owner at all or for long is down, entries that wait long are behind, lag counts what is not committed', async () => {
  const [s, alerts] = ['s', 'alerts'].map((name) => partitionKeys('pulse', name, 0)) as [
    PartitionKeys,
    PartitionKeys,
  ]
  expect(await takePulse(redis, 'pulse', streams)).toMatchObject({
    engine: 'down',
    lagEntries: 0,
    counted: 0,
  })
  const old = await redis.xadd(s.log, `${Date.now() - 60_000}-0`, 'k', 'a')
  const ids = [old!, ...(await addEntries(redis, s, 3))]
  await own(redis, alerts)
  const { token } = await own(redis, s)
  const small = {
    counted: 7,
    duplicate: 1,
    late: 2,
    dead: 3,
    missing: 4,
    forwarded: 5,
    other: 6,
    newestAt: 99,
  }
  const more = { meta: ['small', JSON.stringify(small)] }
  await commit(redis, s, commitOf(token, '0:0', '1:a', ids.slice(0, 1), more))
  const behind = await takePulse(redis, 'pulse', streams)
  expect(behind).toMatchObject({ engine: 'behind', lagEntries: 3, counted: 7, newestEventAt: 99 })
  expect(behind.accounting).toEqual([
    {
      stream: 's',
      partitions: 1,
      counted: 7,
      duplicate: 1,
      late: 2,
      dead: 3,
      missing: 4,
      forwarded: 5,
      other: 6,
      lagEntries: 3,
    },
  ])
  await commit(redis, s, commitOf(token, '1:a', '2:a', ids, more))
  expect(await takePulse(redis, 'pulse', streams)).toMatchObject({ engine: 'ok', lagEntries: 0 })
  const expired = async (of: PartitionKeys, ago: number): Promise<string> => {
    await redis.hset(of.meta, 'exp', String(Date.now() - ago))
    return (await takePulse(redis, 'pulse', streams)).engine
  }
  await expired(s, -60_000)
  // On its way to another worker; then nobody takes it; then nobody has anything.
  expect(await expired(alerts, 3000)).toBe('ok')
  expect(await expired(alerts, 12_000)).toBe('down')
  expect(await expired(alerts, 3000)).toBe('ok')
  expect(await expired(s, 3000)).toBe('down')
})
