/** A real engine on a real Redis, and what it wrote, to hold replays and simulations against. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import pino from 'pino'
import { startRedis, type TestRedis } from '../../test/harness/redis.ts'
import type { AlertChange } from '../alert/alert.ts'
import type { Small } from '../commit/folding.ts'
import { defineConfig, noData, spike, stream, t, threshold } from '../config/authoring.ts'
import { compile } from '../config/compile.ts'
import type { CompiledConfig, CompiledStream } from '../config/compiled.ts'
import { appendConfig } from '../control/control-log.ts'
import { createPlainStore } from '../series/plain-store.ts'
import { connect } from '../stream/connection.ts'
import { partitionKeys } from '../stream/keys.ts'
import { Worker } from '../worker.ts'
import type { TimedChange } from './alert-log.ts'
import type { RawEntry } from './simulated-log.ts'

/** Two streams, live and of history; rules of every kind. `more`: a rule that comes later. */
export function liveConfig(more = false): CompiledConfig {
  const fields = {
    at: t.Number(),
    pair: t.String(),
    volume: t.Number({ minimum: 0 }),
    note: t.Optional(t.String()),
  }
  const trades = stream('trades', { key: 'pair', time: 'at', lateness: '1m', partitions: 2, schema: fields })
  const past = stream('past', {
    key: 'pair',
    time: 'at',
    clock: 'event',
    lateness: '1m',
    partitions: 1,
    schema: fields,
  })
  const volume = trades.metric('volume', {
    by: ['pair'],
    of: 'volume',
    stats: ['mean', 'count', 'p95', 'stddev'],
    windows: ['1m', '5m'],
    series: ['10s', '1m', '10m'],
  })
  const large = trades.metric('large', {
    by: ['pair'],
    where: { volume: { above: 20 } },
    among: { volume: { above: 1 } },
    stats: ['ratio', 'count'],
    windows: ['1m'],
  })
  // Groups that lie across partitions.
  const whole = trades.metric('whole', {
    by: [],
    of: 'volume',
    stats: ['sum', 'max', 'p95', 'count'],
    windows: ['1m'],
    series: ['10s', '1m'],
  })
  const loaded = past.metric('loaded', {
    by: ['pair'],
    of: 'volume',
    stats: ['sum', 'max'],
    windows: ['1m'],
    series: ['10s', '1m'],
  })
  const rules = [
    threshold(volume, {
      stat: 'mean',
      window: '1m',
      above: 12,
      clear: 8,
      for: '20s',
      says: '{pair} is at {value}: {note}',
    }),
    spike(volume, { stat: 'mean', window: '1m', times: 1.5, over: '20m' }),
    threshold(large, { stat: 'ratio', above: 0.2, minSamples: 3 }),
    noData(volume, { for: '2m' }),
    threshold(whole, { stat: 'max', window: '1m', above: 25, for: '10s' }),
    threshold(loaded, { stat: 'sum', above: 60 }),
    ...(more ? [threshold(volume, { name: 'more', stat: 'count', window: '5m', above: 3 })] : []),
  ]
  const { config, mistakes } = compile(defineConfig({ rules, metrics: [volume, large, loaded] }), {
    checkFile: () => null,
  })
  if (mistakes.length > 0) throw new Error(JSON.stringify(mistakes))
  return config
}

export class LiveEngine {
  readonly namespace: string
  readonly redis: Redis
  private readonly url: string
  private worker: Worker | null = null

  constructor(url: string, namespace: string) {
    this.url = url
    this.namespace = namespace
    this.redis = connect(url, 'query')
  }

  publish(config: CompiledConfig): Promise<unknown> {
    return appendConfig(this.redis, this.namespace, config, 'test')
  }

  /** Writes entries under their own ids, as if they had come then. */
  async preload(stream: CompiledStream, logs: readonly RawEntry[][]): Promise<void> {
    for (const [partition, log] of logs.entries()) {
      const { log: key } = partitionKeys(this.namespace, stream.name, partition)
      const pipeline = this.redis.pipeline()
      for (const [id, fields] of log) pipeline.xadd(key, id, ...fields)
      for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error
    }
  }

  async start(snapshotEvery?: number): Promise<void> {
    const { url: redisUrl, namespace } = this
    const log = pino({ level: 'silent' })
    this.worker = new Worker({
      redisUrl,
      namespace,
      log,
      ttl: 2000,
      ...(snapshotEvery ? { snapshotEvery } : {}),
    })
    await this.worker.start()
  }

  async stop(): Promise<void> {
    await this.worker?.stop()
    if (this.worker && this.worker.stopped.size > 0) throw [...this.worker.stopped.values()][0]!
    this.worker = null
  }

  async close(): Promise<void> {
    await this.stop().finally(() => this.redis.disconnect())
  }

  /** Waits until every entry is committed, every verdict has reached the alerts, and `turned` has been passed. */
  async settle(config: CompiledConfig, turned = 0): Promise<void> {
    for (let i = 0; i < 200; i++) {
      if (await this.settled(config, turned)) return
      await sleep(50)
    }
    throw new Error('the engine does not come to rest')
  }

  async settled(config: CompiledConfig, turned = 0): Promise<boolean> {
    /** Rows shipped to, and counted by, each partition that the engine itself feeds. */
    const shipped = new Map<string, number>()
    const counted = new Map<string, number>()
    for (const { name, partition, clock, merges } of partitionsOf(config)) {
      const keys = partitionKeys(this.namespace, name, partition)
      const [off, numbers, json] = await this.redis.hmget(keys.meta, 'off', 'numbers', 'small')
      const last = await this.redis.xrevrange(keys.log, '+', '-', 'COUNT', 1)
      if (last.length === 0) continue
      if (off !== last[0]![0] || (await this.redis.hlen(keys.pend)) > 0) return false
      const small = JSON.parse(json!) as Small
      // A merged stream has come as far as its sources, once it has read what they sent.
      if (merges !== undefined) counted.set(`${name}.${partition}`, small.counted)
      else if (clock === 'live' && (small.turned ?? 0) * 10_000 < turned) return false
      const { seq } = JSON.parse(numbers!) as { seq: Record<string, number> }
      for (const [to, n] of Object.entries(seq)) shipped.set(to, (shipped.get(to) ?? 0) + n)
    }
    const alerts = await this.redis.hget(partitionKeys(this.namespace, 'alerts', 0).meta, 'small')
    counted.set('alerts.0', alerts === null ? 0 : (JSON.parse(alerts) as Small).counted)
    return [...counted].every(([to, n]) => n === (shipped.get(to) ?? 0))
  }

  /** Every change of every alert that was written for readers. */
  async alerts(): Promise<Omit<AlertChange, 'cursor'>[]> {
    const { live } = partitionKeys(this.namespace, 'alerts', 0)
    const frames = await this.redis.xrange(live, '-', '+')
    return frames.map(([, fields]) => {
      const { event, alert } = JSON.parse(fields[fields.indexOf('frame') + 1]!) as AlertChange
      return { event, alert }
    })
  }

  /** Every series point by `<metric> <rung> <group> <at>`, with panes that end up to `until`. */
  async series(config: CompiledConfig): Promise<Map<string, Record<string, number | null>>> {
    const store = createPlainStore(this.redis)
    const found = new Map<string, Record<string, number | null>>()
    for (const { name, partition } of partitionsOf(config)) {
      const keys = partitionKeys(this.namespace, name, partition)
      for (const metric of config.metrics.filter((one) => one.stream === name)) {
        for (const group of await store.groups(keys, metric.name)) {
          for (const rung of metric.series) {
            const columns = ['count', 'total', 'sum', 'min', 'max', 'm2', 'p95'] as const
            const range = await store.range(keys, metric.name, rung, group, [...columns], 0, 1e14)
            for (const [i, at] of range.at.entries()) {
              const point = columns.map((column, k) => [column, range.values[k]![i] ?? null] as const)
              found.set(
                `${metric.name} ${rung} ${group} ${at}`,
                Object.fromEntries(point.filter(([, value]) => value !== null)),
              )
            }
          }
        }
      }
    }
    return found
  }

  /** Counts of all partitions of a stream as committed. */
  async counts(config: CompiledConfig, stream: string): Promise<Record<string, number>> {
    const sum: Record<string, number> = {}
    for (const { name, partition } of partitionsOf(config)) {
      if (name !== stream) continue
      const json = await this.redis.hget(partitionKeys(this.namespace, name, partition).meta, 'small')
      const small = json === null ? {} : (JSON.parse(json) as Small)
      for (const [key, value] of Object.entries(small))
        if (['counted', 'duplicate', 'late', 'dead', 'missing', 'forwarded'].includes(key))
          sum[key] = (sum[key] ?? 0) + (value as number)
    }
    return sum
  }
}

export async function withRedis(work: (redis: TestRedis) => Promise<void>): Promise<void> {
  const redis = await startRedis()
  try {
    await work(redis)
  } finally {
    await redis.stop()
  }
}

/** Changes by rule and group: across partitions their order is chance. */
export function byAlert(
  changes: readonly (Omit<AlertChange, 'cursor'> | TimedChange)[],
): Record<string, unknown[]> {
  const by: Record<string, unknown[]> = {}
  for (const { event, alert } of changes)
    (by[`${alert.rule} ${JSON.stringify(alert.group)}`] ??= []).push({ event, alert })
  return by
}

/** Random trades over `[start, end)` ms, some out of order, late or invalid; arrivals are given. */
export function randomTrades(random: () => number, start: number, end: number): Record<string, unknown>[] {
  const events: Record<string, unknown>[] = []
  const pairs = ['BTC-EUR', 'ETH-EUR', 'SOL-EUR', 'ADA-EUR', 'DOT-EUR']
  for (let now = start; now < end; now += 500 + Math.floor(random() * 6000)) {
    const phase = Math.floor((now - start) / 240_000)
    const pair = pairs[Math.floor(random() * pairs.length)]!
    // In every phase some pairs are high, and one is silent.
    if (pairs.indexOf(pair) === phase % 7) continue
    const high = (phase + pairs.indexOf(pair)) % 3 === 0
    const behind = random() < 0.1 ? Math.floor(random() * 100_000) : Math.floor(random() * 3000)
    const event: Record<string, unknown> = {
      at: now - behind,
      pair,
      volume: Math.floor(random() * (high ? 40 : 10)),
    }
    if (random() < 0.5) event['note'] = `n${Math.floor(random() * 100)}`
    if (random() < 0.03) event['volume'] = -1
    events.push({ ...event, arriveAt: now })
    if (random() < 0.2) events.push({ ...event, arriveAt: now })
  }
  return events
}

/** A small generator of random numbers, the same everywhere. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0 || 1
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function partitionsOf(config: CompiledConfig): (CompiledStream & { partition: number })[] {
  return config.streams.flatMap((stream) =>
    Array.from({ length: stream.partitions }, (_, partition) => ({ ...stream, partition })),
  )
}
