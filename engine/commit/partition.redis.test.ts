import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { threshold } from '../rule/rule.fixture.ts'
import { createPlainStore } from '../series/plain-store.ts'
import type { SeriesStore } from '../series/store.ts'
import type { AlertRow } from '../alert/row.ts'
import { decode } from '../event/decode.ts'
import { batchFields } from '../event/entry.ts'
import { partitionKeys } from '../stream/keys.ts'
import { partitionOf } from '../stream/partition-hash.ts'
import { admitter } from './claim.ts'
import { type Bench, groupOf, startBench } from './commit.fixture.ts'
import { configOf, kill, pastEvents, sendBatch, Shell } from './partition.fixture.ts'

let bench: Bench
beforeAll(async () => void (bench = await startBench()))
afterAll(async () => bench.stop())

const TARGET = { stream: 's', partition: 0 }

test('what is read is counted once, drained into the series, and shown by the group', async () => {
  const shell = await Shell.on(bench.redis, configOf())
  const one = await shell.claim(TARGET)
  const events = pastEvents(300, 10_000)
  for (let i = 0; i < 300; i += 50)
    await sendBatch(bench.redis, one.keys.log, 'p~1~a', i, events.slice(i, i + 50))
  expect(await shell.settle(one)).toBe('idle')
  await shell.pass(one)
  expect(await shell.small(one)).toMatchObject({ counted: 300, duplicate: 0, missing: 0, dead: 0 })
  expect(await shell.total(one, 'count')).toBe(300)
  expect(await shell.total(one, 'sum')).toBe((300 * 301) / 2)
  expect(await bench.redis.hlen(one.keys.pend)).toBe(0)
  expect(await groupOf(bench.redis, one.keys)).toMatchObject({ lag: 0, pending: 0 })
  await one.release(Date.now())
  expect(shell.failures).toEqual([])
})

test('killed again and again between any two steps: counts and series are exact, and every restart checks itself', async () => {
  const shell = await Shell.on(bench.redis, configOf(), { snapshotEvery: 5 })
  const events = pastEvents(600, 5000)
  let one = await shell.claim(TARGET)
  let sent = 0
  for (let i = 0; i < 60; i++) {
    await sendBatch(bench.redis, one.keys.log, 'p~1~a', sent, events.slice(sent, sent + 10))
    sent += 10
    for (let k = 0; k < i % 4; k++) await shell.turn(one)
    if (i % 7 !== 3) continue
    await kill(one)
    one = await shell.claim(TARGET, one.token)
  }
  await shell.pass(one)
  expect(await shell.small(one)).toMatchObject({ counted: 600, duplicate: 0, missing: 0 })
  expect(await shell.total(one, 'sum')).toBe((600 * 601) / 2)
  await one.release(Date.now())
  const again = await shell.claim(TARGET)
  expect(again.fold.small()).toEqual(await shell.small(again))
})

const codeOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'claimed',
    (error: { code?: string }) => error.code,
  )

test('a log that somebody trimmed past its last snapshot is told from state that is wrong', async () => {
  const shell = await Shell.on(bench.redis, configOf())
  const one = await shell.claim(TARGET)
  await sendBatch(bench.redis, one.keys.log, 'p~1~a', 0, pastEvents(5, 1000))
  await shell.settle(one)
  await sendBatch(bench.redis, one.keys.log, 'p~1~a', 5, pastEvents(5, 2000))
  await shell.settle(one)
  await kill(one)
  await bench.redis.xtrim(one.keys.log, 'MAXLEN', 1)
  await expect(shell.claim(TARGET, one.token)).rejects.toThrow(/^\d entries of .* somebody else trimmed/)
})

test('a recovery that does not arrive at what was committed stops the partition', async () => {
  const shell = await Shell.on(bench.redis, configOf())
  const one = await shell.claim(TARGET)
  await sendBatch(bench.redis, one.keys.log, 'p~1~a', 0, pastEvents(5, 1000))
  await shell.settle(one)
  const small = (await bench.redis.hget(one.keys.meta, 'small'))!
  await kill(one)
  await bench.redis.hset(one.keys.meta, 'small', small.replace('"counted":5', '"counted":6'))
  expect(await codeOf(shell.claim(TARGET, one.token))).toBe('WEIR_RECOVERY_MISMATCH')
  await bench.redis.hset(one.keys.meta, 'small', small, 'exp', '0')
  expect((await shell.claim(TARGET)).fold.small().counted).toBe(5)
})

test('a snapshot with a block missing, and a log that was deleted, stop the partition with what to do', async () => {
  const shell = await Shell.on(bench.redis, configOf())
  const one = await shell.claim(TARGET)
  await sendBatch(bench.redis, one.keys.log, 'p~1~a', 0, pastEvents(5, 1000))
  await shell.settle(one)
  await one.release(Date.now())
  const header = (await bench.redis.hgetBuffer(one.keys.snapshot, 'header@1'))!
  await bench.redis.hdel(one.keys.snapshot, 'header@1')
  expect(await codeOf(shell.claim(TARGET))).toBe('WEIR_SNAPSHOT')
  await bench.redis.hset(one.keys.snapshot, 'header@1', header)
  await bench.redis.hset(one.keys.meta, 'exp', '0')
  await bench.redis.del(one.keys.log)
  expect(await codeOf(shell.claim(TARGET))).toBe('WEIR_POSITION_LOST')
})

test('the log deleted under an owner with work in hand: it lets go instead of trying for ever', async () => {
  const shell = await Shell.on(bench.redis, configOf())
  const one = await shell.claim(TARGET)
  await sendBatch(bench.redis, one.keys.log, 'p~1~a', 0, pastEvents(5, 1000))
  await one.feed(await shell.read(one), admitter(shell.controls))
  await bench.redis.del(one.keys.log)
  expect(await shell.settle(one)).toBe('lost')
  await one.drop()
})

test('a paused owner is fenced when it wakes: the other has counted everything, once', async () => {
  const shell = await Shell.on(bench.redis, configOf(), { ttl: 400 })
  const events = pastEvents(100, 10_000)
  const paused = await shell.claim(TARGET)
  await sendBatch(bench.redis, paused.keys.log, 'p~1~a', 0, events.slice(0, 40))
  await shell.settle(paused)
  await sendBatch(bench.redis, paused.keys.log, 'p~1~a', 40, events.slice(40))
  // It has read, and is stopped before it commits.
  await paused.feed(await shell.read(paused), admitter(shell.controls))
  const second = shell.other('w2')
  await expect(second.claim(TARGET)).rejects.toThrow('HELD')
  await sleep(420)
  const owner = await second.claim(TARGET)
  await second.settle(owner)
  expect(await shell.settle(paused)).toBe('lost')
  await paused.drop()
  await expect(shell.claim(TARGET, paused.token)).rejects.toThrow('HELD')
  expect(String(shell.failures.at(-1))).toContain('FENCED')
  await second.pass(owner)
  expect(await second.small(owner)).toMatchObject({ counted: 100, duplicate: 0, missing: 0 })
  expect(await second.total(owner, 'count')).toBe(100)
})

test('Redis away while an entry is prepared: nothing before it is folded twice', async () => {
  const shell = await Shell.on(bench.redis, configOf())
  const one = await shell.claim(TARGET)
  const { log } = one.keys
  await bench.redis.xadd(log, '*', 'at', String(Date.now()), 'k', 'a', 'v', '1', 'good', 'true')
  await bench.redis.xadd(log, '*', 'weir', 'control/1', 'id', '99-0')
  await bench.redis.xadd(log, '*', 'at', String(Date.now()), 'k', 'a', 'v', '2', 'good', 'true')
  await expect(one.feed(await shell.read(one), () => Promise.reject(new Error('away')))).rejects.toThrow(
    'away',
  )
  await shell.settle(one)
  expect(await shell.small(one)).toMatchObject({ counted: 2, dead: 1 })
  await kill(one)
  expect((await shell.claim(TARGET, one.token)).fold.small().counted).toBe(2)
})

/** A store whose first answers are lost: the piece is written, and its writer does not learn of it. */
function forgetful(): SeriesStore {
  const store = createPlainStore(bench.redis)
  let lost = 0
  const drain: SeriesStore['drain'] = async (keys, token, slice) => {
    const done = await store.drain(keys, token, slice)
    if (lost++ < 3) throw new Error('reply lost')
    return done
  }
  return { ...store, drain }
}

test('draining: pieces whose reply was lost are written again and change nothing', async () => {
  const shell = await Shell.on(bench.redis, configOf(), { store: forgetful() })
  const one = await shell.claim(TARGET)
  await sendBatch(bench.redis, one.keys.log, 'p~1~a', 0, pastEvents(60, 10_000))
  await shell.pass(one)
  expect(await shell.total(one, 'count')).toBe(60)
  expect(await bench.redis.hlen(one.keys.pend)).toBe(0)
  expect(shell.failures.map(String)).toContain('Error: reply lost')
})

test('draining: what was committed and not drained when its owner died, the next one drains', async () => {
  const store = createPlainStore(bench.redis)
  const away = { ...store, drain: () => Promise.reject(new Error('away')) }
  const shell = await Shell.on(bench.redis, configOf(), { store: away })
  const one = await shell.claim(TARGET)
  await sendBatch(bench.redis, one.keys.log, 'p~1~a', 0, pastEvents(60, 10_000))
  await bench.redis.xadd(one.keys.log, `${Date.now() + 20_000}-0`, 'weir', 'tick/1')
  while ((await bench.redis.hlen(one.keys.pend)) === 0) {
    await shell.turn(one)
    await sleep(1)
  }
  await kill(one)
  expect(await shell.total(one, 'count')).toBe(0)
  const next = shell.other('w2', { store })
  const two = await next.claim(TARGET, one.token)
  await next.settle(two)
  expect(await next.total(two, 'count')).toBe(60)
})

const two = configOf({ partitions: 2 })
/** A key of each partition. */
const KEYS = [0, 1].map((p) =>
  Array.from({ length: 20 }, (_, i) => `k${i}`).find((k) => partitionOf(k, 2) === p)!,
)

test('events that landed on a foreign partition are shipped, once, whenever their shipper dies', async () => {
  const shell = await Shell.on(bench.redis, two)
  const target = await shell.claim({ stream: 's', partition: 1 })
  let source = await shell.claim(TARGET)
  const flat = async (i: number): Promise<void> =>
    void (await bench.redis.xadd(
      source.keys.log,
      '*',
      'at',
      String(Date.now() - 20_000),
      'k',
      KEYS[i % 2]!,
      'v',
      '1',
      'good',
      'true',
    ))
  for (let i = 0; i < 20; i++) await flat(i)
  await shell.settle(source)
  await waitFor(async () => (await bench.redis.xlen(target.keys.log)) > 0)
  // Shipped, but the target has not kept it yet: the outbox stays, and the next owner ships it again.
  await source.shipper.confirm(Date.now() + 10_000)
  expect(source.shipper.trim).toBe('')
  await kill(source)
  source = await shell.claim(TARGET, source.token)
  await waitFor(async () => (await bench.redis.xlen(target.keys.log)) > 1)
  await shell.settle(target)
  expect(await shell.small(source)).toMatchObject({ counted: 10, forwarded: 10 })
  expect(await shell.small(target)).toMatchObject({ counted: 10, duplicate: 10, missing: 0 })

  expect(await bench.redis.xlen(source.keys.outbox)).toBe(1)
  await target.release(Date.now())
  expect(await bench.redis.hgetall(target.keys.acks)).toEqual({ 'x:s.0': '9' })
  await source.shipper.confirm(Date.now() + 20_000)
  await source.shipper.confirm(Date.now() + 90_000)
  await flat(0)
  await shell.settle(source)
  expect(await bench.redis.xlen(source.keys.outbox)).toBe(0)
})

test('a verdict reaches the alerts with its samples, and the alert survives both its makers', async () => {
  const shell = await Shell.on(bench.redis, configOf({}, [threshold({ above: 5 })]))
  const alerts = await shell.claim({ stream: 'alerts', partition: 0 })
  const one = await shell.claim(TARGET)
  await sendBatch(bench.redis, one.keys.log, 'p~1~a', 0, pastEvents(8, 100))
  await shell.pass(one)
  await waitFor(async () => (await bench.redis.xlen(alerts.keys.log)) > 0)
  await shell.settle(alerts)
  const shown = await bench.redis.hvals(alerts.keys.view)
  const alert = JSON.parse(shown.find((json) => json.includes('"k2"'))!) as Record<string, unknown>
  expect(alert).toMatchObject({ rule: 'high', state: 'firing', value: 5.5, group: { k: 'k2' } })
  expect((alert['evidence'] as { samples: { v: number }[] }).samples.map(({ v }) => v)).toEqual([8, 3])
  await kill(alerts)
  const again = await shell.claim({ stream: 'alerts', partition: 0 }, alerts.token)
  expect(again.fold.small()).toEqual(await shell.small(alerts))
})

test('samples are of the events that the metric counts', async () => {
  const rule = threshold({ metric: 'share', stat: 'count', above: 1 })
  const shell = await Shell.on(bench.redis, configOf({}, [rule]))
  const one = await shell.claim(TARGET)
  const events = pastEvents(12, 100).map((event, i) => ({ ...event, k: 'a', good: i % 3 === 0 }))
  await sendBatch(bench.redis, one.keys.log, 'p~1~a', 0, events)
  await shell.settle(one)
  await shell.pass(one)
  const [row] = await toldRows(shell, 1)
  expect(row!.evidence.samples.map((sample) => sample['v'])).toEqual([10, 7, 4, 1])
})

test('an outage of everything: thousands of alerts at once are told within seconds, each with its samples', async () => {
  const shell = await Shell.on(bench.redis, configOf({}, [threshold({ above: 0 })]))
  const one = await shell.claim(TARGET)
  const events = Array.from({ length: 3000 }, (_, i) => ({ ...pastEvents(1, 1)[0]!, k: `group ${i}` }))
  for (let i = 0; i < events.length; i += 300)
    await sendBatch(bench.redis, one.keys.log, 'p~1~a', i, events.slice(i, i + 300))
  const from = performance.now()
  await shell.settle(one)
  await shell.pass(one)
  const rows = await toldRows(shell, 3000)
  expect(performance.now() - from).toBeLessThan(20_000)
  expect(new Set(rows.map((row) => row.group['k'])).size).toBe(3000)
  expect(rows.every((row) => row.evidence.samples.length === 1)).toBe(true)
})

test('a row nested beyond all bounds is no sample, and does not stop the commit that tells', async () => {
  const shell = await Shell.on(bench.redis, configOf({}, [threshold({ above: 5 })]))
  const one = await shell.claim(TARGET)
  const deep = '['.repeat(50_000) + ']'.repeat(50_000)
  const columns = `{"at":[${Date.now() - 20_000}],"k":["a"],"v":[9],"good":[true],"x":[${deep}]}`
  await bench.redis.xadd(one.keys.log, '*', ...batchFields('p~1~a', 0, 1, 'x', 0, columns))
  expect(await shell.settle(one)).toBe('idle')
  await shell.pass(one)
  const { log } = partitionKeys(shell.env.namespace, 'alerts', 0)
  await waitFor(async () => (await bench.redis.xlen(log)) > 0)
  expect(JSON.stringify(await bench.redis.xrange(log, '-', '+'))).toContain('firing')
})

/** The first `n` rows that were shipped to the alerts. */
async function toldRows(shell: Shell, n: number): Promise<AlertRow[]> {
  const { log } = partitionKeys(shell.env.namespace, 'alerts', 0)
  const rows: AlertRow[] = []
  await waitFor(async () => {
    const entries = await bench.redis.xrange(log, '-', '+')
    rows.length = 0
    for (const [id, fields] of entries) {
      const entry = decode(id, fields)
      if (entry.kind === 'batch') rows.push(...(entry.columns['row'] as AlertRow[]))
    }
    return rows.length >= n
  })
  return rows
}

async function waitFor(what: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 500; i++) {
    if (await what()) return
    await sleep(4)
  }
  throw new Error('it never came')
}
