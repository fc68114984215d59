/**
 * A small Weir for one trouble: a Redis of its own, workers and a producer behind proxies, and two counts of what came
 * of it, the engine's and one made from the logs alone.
 */
import pino from 'pino'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { expect } from 'vitest'
import {
  appendConfig,
  connect,
  loadConfig,
  openProducer,
  openReader,
  type Producer,
} from '../../engine/index.ts'
import { batchFields } from '../../engine/event/entry.ts'
import { Worker, type WorkerOptions } from '../../engine/worker.ts'
import { type TcpProxy, startTcpProxy } from '../harness/tcp-proxy.ts'
import { startRedis, type TestRedis, type TestRedisOptions } from '../harness/redis.ts'
import { ROOT } from '../harness/role.ts'

/** Stream `load`, four partitions; metric `volume`: count and sum of `v` by `k`. */
export const CONFIG = `${ROOT}test/config/load.config.ts`
const PARTITIONS = [0, 1, 2, 3]
export const logOf = (partition: number): string => `weir:{load.${partition}}:log`
export const metaOf = (partition: number): string => `weir:{load.${partition}}:meta`
export const LOGS = PARTITIONS.map(logOf)

export interface Counted {
  events: number
  sum: number
}

export class Trial {
  readonly sent: Counted = { events: 0, sum: 0 }
  /** What the workers said, in pino's JSON. */
  readonly said: {
    level: number
    msg: string
    where?: string
    partition?: string
    err?: { message: string }
  }[] = []
  /** The master. */
  server: TestRedis
  /** In front of Redis; `url` leads through it. */
  readonly proxy: TcpProxy
  /** To Redis directly; may wait for a reconnect. */
  redis: Redis
  private readonly workers: Worker[] = []
  private readonly raw = `raw~${Date.now()}~x`
  private rawSent = 0
  private readonly producers: Producer[] = []

  private constructor(server: TestRedis, proxy: TcpProxy) {
    this.server = server
    this.proxy = proxy
    this.redis = connect(server.url, 'query')
  }

  static async start(options: TestRedisOptions = {}): Promise<Trial> {
    const server = await startRedis(options)
    const trial = new Trial(server, await startTcpProxy(server.port))
    await appendConfig(trial.redis, 'weir', await loadConfig(CONFIG), 'test')
    return trial
  }

  /** The address of the master leads to another server from now on. */
  moveTo(server: TestRedis): void {
    this.server = server
    this.redis.disconnect()
    this.redis = connect(server.url, 'query')
    this.proxy.moveTo(server.port)
  }

  get url(): string {
    return `redis://127.0.0.1:${this.proxy.port}`
  }

  async worker(options: Partial<WorkerOptions> = {}): Promise<Worker> {
    const log = pino({ level: 'info' }, { write: (line: string) => void this.said.push(JSON.parse(line)) })
    const worker = new Worker({ redisUrl: this.url, namespace: 'weir', log, ttl: 1500, ...options })
    this.workers.push(worker)
    await worker.start()
    return worker
  }

  /** Resolves when the workers together own every partition (with `runs` and `alerts`). */
  async owned(workers: Worker[] = this.workers): Promise<void> {
    const all = PARTITIONS.map((partition) => `load.${partition}`)
    const done = (): boolean => all.every((name) => workers.some((worker) => worker.partitions.has(name)))
    await becomes(done, true)
  }

  /** Ends a worker for good; it does nothing more. */
  async stop(worker: Worker): Promise<void> {
    this.workers.splice(this.workers.indexOf(worker), 1)
    await worker.stop()
  }

  async producer(redisUrl = this.url): Promise<Producer> {
    const stream = (await loadConfig(CONFIG)).streams.find(({ name }) => name === 'load')!
    const producer = await openProducer({ redisUrl, namespace: 'weir', stream }, { name: 'trial' })
    this.producers.push(producer)
    return producer
  }

  /** Sends `n` events of twenty seconds ago, so that their panes close when the trial does; some of each partition. */
  async send(producer: Producer, n: number): Promise<void> {
    for (let i = 0; i < n; i++) {
      const v = 1 + (this.sent.events % 97)
      await producer.send({ at: Date.now() - 20_000, k: `k${this.sent.events % 40}`, v })
      this.sent.events++
      this.sent.sum += v
    }
    await producer.flush(20_000)
  }

  /** Rows `from` … `to` - 1 of a client that numbers its rows and knows nothing of failovers, into partition 0. */
  async sendRaw(from: number, to: number, v = 7): Promise<void> {
    const rows = Array.from({ length: to - from }, () => Date.now() - 20_000)
    const columns = { at: rows, k: rows.map(() => 'raw'), v: rows.map(() => v) }
    const fields = batchFields(this.raw, from, rows.length, 'x', 0, JSON.stringify(columns))
    await this.redis.xadd(LOGS[0]!, '*', ...fields)
    const fresh = Math.max(0, to - Math.max(from, this.rawSent))
    this.rawSent += fresh
    this.sent.events += fresh
    this.sent.sum += fresh * v
  }

  /** Twenty seconds of log time pass in every partition, so that panes close and rules look. */
  async pass(): Promise<void> {
    const to = Date.now() + 20_000
    for (const log of LOGS) await this.redis.xadd(log, `${to}-0`, 'weir', 'tick/1')
  }

  /** Each event of the logs once, by producer and number; how batches look is written down here anew. */
  async inLogs(redis = this.redis): Promise<Counted> {
    const seen = new Set<string>()
    const counted = { events: 0, sum: 0 }
    for (const log of LOGS) {
      for (const [, fields] of await redis.xrange(log, '-', '+')) {
        const named = new Map(fields.flatMap((name, i) => (i % 2 === 0 ? [[name, fields[i + 1]!]] : [])))
        if (named.get('weir') !== 'batch/1') continue
        const values = (JSON.parse(named.get('cols')!) as { v: number[] }).v
        for (const [i, v] of values.entries()) {
          const event = `${log} ${named.get('from')} ${Number(named.get('seq')) + i}`
          if (seen.has(event)) continue
          seen.add(event)
          counted.events++
          counted.sum += v
        }
      }
    }
    return counted
  }

  /** What the engine has counted by its own accounts, duplicates and holes included, as of its last commits. */
  async accounts(
    redis = this.redis,
  ): Promise<{ counted: number; duplicate: number; missing: number; behind: number }> {
    const total = { counted: 0, duplicate: 0, missing: 0, behind: 0 }
    for (const partition of PARTITIONS) {
      const [small, off] = await redis.hmget(metaOf(partition), 'small', 'off')
      const [newest] = await redis.xrevrange(logOf(partition), '+', '-', 'COUNT', 1)
      if (newest !== undefined && newest[0] !== off) total.behind++
      const { counted = 0, duplicate = 0, missing = 0 } = JSON.parse(small ?? '{}') as Partial<typeof total>
      total.counted += counted
      total.duplicate += duplicate
      total.missing += missing
    }
    return total
  }

  /** Resolves when so many events are counted; rejects with the accounts if they never are. */
  async counts(events = this.sent.events, timeout = 60_000): Promise<void> {
    const counted = async (): Promise<number> => (await this.accounts()).counted
    await becomes(counted, events, timeout)
  }

  /** Everything sent was counted once and stands in the series once; the logs, counted apart, say the same. */
  async isExact(): Promise<void> {
    await this.counts()
    expect(await this.inLogs()).toEqual(this.sent)
    const now = Date.now()
    await this.pass()
    const reader = await openReader(this.server.url, 'weir')
    const span = { from: now - 300_000, to: now + 60_000, step: 10_000, group: {} }
    const total = async (stat: 'count' | 'sum'): Promise<number> =>
      (await reader.series({ metric: 'volume', stat, ...span })).points.reduce((sum, [, v]) => sum + v, 0)
    await becomes(() => total('sum'), this.sent.sum)
    expect(await total('count')).toBe(this.sent.events)
    expect(await this.accounts()).toMatchObject({ counted: this.sent.events, missing: 0 })
    await reader.close()
  }

  async end(): Promise<void> {
    await Promise.allSettled(this.producers.map((producer) => producer.close(500)))
    await Promise.allSettled(this.workers.map((worker) => worker.stop()))
    this.redis.disconnect()
    await this.proxy.stop()
    await this.server.stop()
  }
}

/** Runs `body` with a trial of its own; for tests that run beside one another. */
export function trial(
  body: (trial: Trial) => Promise<void>,
  options: TestRedisOptions = {},
): () => Promise<void> {
  return async () => {
    const own = await Trial.start(options)
    try {
      await body(own)
    } finally {
      await own.end()
    }
  }
}

/** Resolves when `look` sees `wanted`; else fails with what it saw last. (Vitest's poll knows no concurrent tests.) */
export async function becomes<T>(look: () => T | Promise<T>, wanted: T, timeout = 60_000): Promise<void> {
  for (const until = performance.now() + timeout; performance.now() < until; await sleep(20))
    if ((await look()) === wanted) return
  expect(await look()).toBe(wanted)
}
