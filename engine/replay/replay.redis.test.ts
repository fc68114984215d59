/** I10: a replay of the log raises the very alerts, and closes the very panes, that the live engine did. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { CompiledConfig } from '../config/compiled.ts'
import { openProducer } from '../event/redis-producer.ts'
import { partitionKeys } from '../stream/keys.ts'
import type { LogStart } from './log-start.ts'
import { byAlert, liveConfig, LiveEngine, randomFrom, randomTrades, withRedis } from './live.fixture.ts'
import { replay, type ReplayReport, type ReplayTarget } from './replay.ts'
import type { TimedChange } from './alert-log.ts'
import { arrivalsOf } from './simulated-events.ts'
import { logsOf } from './simulated-log.ts'

const MINUTE = 60_000

interface Heard {
  report: ReplayReport
  starts: readonly LogStart[]
  alerts: TimedChange[]
  points: Map<string, Record<string, number | null>>
}

async function hear(target: ReplayTarget): Promise<Heard> {
  const alerts: TimedChange[] = []
  const points: Heard['points'] = new Map()
  let starts: readonly LogStart[] = []
  const report = await replay(target, {
    started: (all) => void (starts = all),
    alert: (change) => void alerts.push(change),
    closed: (_, __, block) => {
      for (const [i, group] of block.groups.entries()) {
        const point = block.columns.map((column, k) => [column, block.values[k]![i] ?? null] as const)
        points.set(
          `${block.metric} ${block.rung} ${group} ${block.at}`,
          Object.fromEntries(point.filter(([, value]) => value !== null)),
        )
      }
    },
  })
  return { report, starts, alerts, points }
}

/** Forty minutes of random load up to `end` in the log. */
async function load(live: LiveEngine, config: CompiledConfig, seed: number, end: number): Promise<void> {
  const random = randomFrom(seed)
  for (const name of ['trades', 'past']) {
    const stream = config.streams.find((one) => one.name === name)!
    const events = randomTrades(random, end - 40 * MINUTE, end)
    await live.preload(stream, logsOf(stream, arrivalsOf(stream, events)))
  }
}

/** Real time: producers, clients that write to the wrong partition, another configuration, another worker. */
async function live20s(live: LiveEngine, url: string, config: CompiledConfig): Promise<void> {
  const { redis, namespace } = live
  const stream = config.streams.find((one) => one.name === 'trades')!
  const producer = await openProducer({ redisUrl: url, namespace, stream }, { name: 'test' })
  try {
    for (let i = 0; i < 200; i++) {
      const pair = ['BTC-EUR', 'ETH-EUR', 'NEW-EUR'][i % 3]!
      await producer.send({ at: Date.now(), pair, volume: i > 100 ? 30 : 1, note: `live ${i}` })
      const { log } = partitionKeys(namespace, 'trades', i % 2)
      if (i % 5 === 0)
        await redis.xadd(log, '*', 'pair', `FLAT-${i % 4}`, 'volume', '25', 'at', String(Date.now()))
      if (i % 50 === 0) await redis.xadd(log, '*', 'pair', 'BTC-EUR', 'volume', 'many')
      if (i === 60) await live.publish(liveConfig(true))
      if (i === 120) {
        await live.stop()
        await live.start(1000)
      }
      await sleep(100)
    }
  } finally {
    await producer.close()
  }
}

/** Stops where nothing is left to be read, told or written: what a worker appends last it may not have read. */
async function rest(live: LiveEngine, config: CompiledConfig): Promise<void> {
  for (let i = 0; i < 10; i++) {
    await live.settle(config)
    await live.stop()
    if (await live.settled(config)) return
    await live.start(1000)
  }
  throw new Error('the engine does not come to rest')
}

it.concurrent('live and replay give the same alerts, panes and counts', async () => {
  await withRedis(async ({ url }) => {
    const live = new LiveEngine(url, 'weir')
    const config = liveConfig()
    try {
      await live.publish(config)
      await load(live, config, 17, Math.floor(Date.now() / MINUTE) * MINUTE - MINUTE)
      await live.start(1000)
      await live20s(live, url, config)
      await rest(live, config)
      const told = await live.alerts()
      const keys = (await live.redis.keys('*')).toSorted((a, b) => a.localeCompare(b))
      const dump = await Promise.all(keys.map((key) => live.redis.dumpBuffer(key)))

      const { report, starts, alerts, points } = await hear({ redis: live.redis, namespace: 'weir' })
      expect(byAlert(alerts)).toEqual(byAlert(told))
      const rules = new Set(alerts.filter(({ event }) => event === 'fired').map(({ alert }) => alert.rule))
      expect([...rules].toSorted((a, b) => a.localeCompare(b))).toEqual([
        'more',
        'noData-volume',
        'spike-volume',
        'threshold-large',
        'threshold-loaded',
        'threshold-volume',
        'threshold-whole',
      ])
      expect(points).toEqual(await live.series(config))
      expect(points.size).toBeGreaterThan(500)
      expect(starts.map(({ partition, kind }) => [partition, kind])).toContainEqual(['trades.1', 'beginning'])
      for (const name of ['trades', 'past'])
        expect(report.streams[name]).toEqual(await live.counts(config, name))
      expect(report.streams['trades']!.forwarded).toBeGreaterThan(5)
      expect(report.metrics['volume']).toMatchObject({
        fired: alerts.filter(({ event, alert }) => event === 'fired' && alert.metric === 'volume').length,
      })

      // A part of it: what came before is read, and not told.
      const from = Date.now() - 15 * MINUTE
      const to = Date.now() - 5 * MINUTE
      const part = await hear({ redis: live.redis, namespace: 'weir', stream: 'trades', from, to })
      const within = alerts.filter(({ at, alert }) => alert.stream === 'trades' && at >= from && at <= to)
      expect(byAlert(part.alerts)).toEqual(byAlert(within))
      expect(within.length).toBeGreaterThan(5)
      expect(part.report.streams['trades']!.counted).toBeLessThan(report.streams['trades']!.counted)

      // Nothing was written.
      expect((await live.redis.keys('*')).toSorted((a, b) => a.localeCompare(b))).toEqual(keys)
      expect(await Promise.all(keys.map((key) => live.redis.dumpBuffer(key)))).toEqual(dump)
    } finally {
      await live.close()
    }
  })
}, 240_000)

it.concurrent('another configuration throughout: the alerts it would have raised', async () => {
  await withRedis(async ({ url }) => {
    const live = new LiveEngine(url, 'weir')
    const config = liveConfig()
    const end = Math.floor(Date.now() / MINUTE) * MINUTE - MINUTE
    try {
      await live.publish(config)
      await load(live, config, 5, end)
      await live.start()
      await live.settle(config, end)
      const before = new Set((await live.alerts()).map(({ alert }) => alert.rule))
      const { alerts } = await hear({ redis: live.redis, namespace: 'weir', config: liveConfig(true) })
      expect(before.has('more')).toBe(false)
      expect(new Set(alerts.map(({ alert }) => alert.rule))).toEqual(new Set([...before, 'more']))
      const other = { ...config, streams: config.streams.map((one) => ({ ...one, partitions: 3 })) }
      await expect(replay({ redis: live.redis, namespace: 'weir', config: other })).rejects.toThrow(
        'partitions',
      )
      await expect(replay({ redis: live.redis, namespace: 'weir', stream: 'trade' })).rejects.toThrow(
        'there is no stream "trade".',
      )
      await expect(replay({ redis: live.redis, namespace: 'x' })).rejects.toThrow(
        "no engine has run in namespace 'x'.",
      )
    } finally {
      await live.close()
    }
  })
}, 240_000)

it.concurrent('a trimmed log: said, and taken up from the snapshot where that is early enough', async () => {
  await withRedis(async ({ url }) => {
    const live = new LiveEngine(url, 'weir')
    const config = liveConfig()
    const end = Math.floor(Date.now() / MINUTE) * MINUTE - MINUTE
    const target = { redis: live.redis, namespace: 'weir', stream: 'trades' }
    try {
      await live.publish(config)
      await load(live, config, 11, end)
      await live.start(1000)
      await live.settle(config, end)
      await live.stop()
      const whole = await hear(target)
      // The last snapshot is made; then more comes.
      const stream = config.streams.find((one) => one.name === 'trades')!
      const snapshot = Date.now()
      const more = randomTrades(randomFrom(12), snapshot, snapshot + 45_000)
      for (const partition of [0, 1]) {
        const { log, meta } = partitionKeys('weir', 'trades', partition)
        const [off] = await live.redis.hmget(meta, 'off')
        await live.redis.xtrim(log, 'MINID', off!)
      }
      await live.preload(stream, logsOf(stream, arrivalsOf(stream, more)))
      await live.start(60_000)
      await live.settle(config)
      const told = await live.alerts()

      const later = await hear({ ...target, from: snapshot })
      expect(byPartition(later.starts)).toMatchObject({ 'trades.0': 'snapshot', 'trades.1': 'snapshot' })
      const known = new Set(whole.alerts.map((change) => JSON.stringify([change.event, change.alert])))
      const fresh = told.filter((change) => !known.has(JSON.stringify([change.event, change.alert])))
      const mine = byAlert(later.alerts)
      const theirs = byAlert(fresh.filter(({ alert }) => alert.stream === 'trades'))
      expect(Object.keys(mine).length).toBeGreaterThan(1)
      expect(mine).toEqual(theirs)

      const earlier = await hear({ ...target, from: snapshot - 30 * MINUTE })
      expect(byPartition(earlier.starts)).toMatchObject({ 'trades.0': 'trimmed', 'trades.1': 'trimmed' })
      const trades = earlier.starts.filter(({ partition }) => partition.startsWith('trades.'))
      expect(trades.every(({ gone, first }) => gone > 50 && first > end - MINUTE)).toBe(true)
      expect(earlier.report.streams['trades']).toMatchObject({ duplicate: 0, missing: 0 })
      expect(earlier.report.streams['trades']!.counted).toBeGreaterThan(0)

      const trim = (): void => {
        const { log } = partitionKeys('weir', 'trades', 1)
        void live.redis.xtrim(log, 'MAXLEN', 1)
      }
      await expect(replay(target, { started: trim })).rejects.toThrow(
        'trades.1 was trimmed while it was replayed.',
      )
    } finally {
      await live.close()
    }
  })
}, 240_000)

function byPartition(starts: readonly LogStart[]): Record<string, string> {
  return Object.fromEntries(starts.map(({ partition, kind }) => [partition, kind]))
}
