/**
 * `npm run bench -- latency [SECONDS]`: from `send` of a producer to the commit, at 1,000 and 50,000 events a second.
 *
 * A real Redis with AOF and one real engine process. The producer lives here, and so does an observer that asks every
 * 5 ms for the small state of each partition: a few hundred bytes, no entry is read. One producer and no
 * duplicates, so the number of rows a partition has counted says exactly which of them are committed: every event is
 * measured, none is marked. An event's latency is the time at which the observer holds the reply that says so, less
 * the time at which `send` was called: batching, network and the observer's own 5 ms included.
 *
 * Last line: `latency 1k p50 A p99 B 50k p50 C p99 D`, ms.
 */
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { CompiledStream } from '../engine/config/compiled.ts'
import { appendConfig, connect, openProducer } from '../engine/index.ts'
import { partitionKeys } from '../engine/stream/keys.ts'
import { partitionOf } from '../engine/stream/partition-hash.ts'
import { startRedis } from '../test/harness/redis.ts'
import { startRole } from '../test/harness/role.ts'
import { conditions, say, serverVersion } from './conditions.ts'
import { loadConfig } from './load-config.ts'
import { noise, responseTime } from './noise.ts'

const NAMESPACE = 'weir'
const PARTITIONS = 8
const GROUPS = 10_000
/** Events are sent in steps of so long, as many as are due. */
const STEP_MS = 2
const LOOK_MS = 5
/** What is sent before is not measured: the worker claims its partitions and gets warm. */
const WARM_UP_S = 5
const PATIENCE_MS = 30_000

/** Rows of one partition that were sent and not yet seen committed, by number. */
class Lane {
  /** When each was sent, `performance.now()`. */
  readonly sent: number[] = []
  counted = 0
}

interface Measured {
  p50: number
  p99: number
}

async function measure(rate: number, seconds: number): Promise<Measured> {
  const server = await startRedis()
  const redis = connect(server.url, 'query', 'bench')
  await redis.connect()
  say(`${rate} events/s for ${seconds} s: ${conditions(serverVersion(await redis.info('server')))}`)
  const config = loadConfig({ partitions: PARTITIONS, windows: ['1m', '5m', '1h'] })
  await appendConfig(redis, NAMESPACE, config, 'bench')
  const worker = await startRole('engine', { REDIS_URL: server.url, WEIR_NAMESPACE: NAMESPACE })
  await owned(redis)
  const lanes = Array.from({ length: PARTITIONS }, () => new Lane())
  const latencies: number[] = []
  const from = performance.now() + WARM_UP_S * 1000
  const stop = new AbortController()
  const observed = observe(redis, lanes, stop.signal, (sent, seen) => {
    if (sent >= from) latencies.push(seen - sent)
  })
  const stream = config.streams.find(({ name }) => name === 'load')!
  const sent = await produce(server.url, stream, lanes, rate, WARM_UP_S + seconds)
  const until = performance.now() + PATIENCE_MS
  while (lanes.some((lane) => lane.counted < lane.sent.length) && performance.now() < until) await sleep(50)
  stop.abort()
  await observed
  await worker.stop('SIGKILL')
  redis.disconnect()
  await server.stop()
  const missing = lanes.reduce((sum, lane) => sum + lane.sent.length - lane.counted, 0)
  if (missing > 0) throw new Error(`${missing} events were not counted within ${PATIENCE_MS / 1000} s`)
  latencies.sort((a, b) => a - b)
  const at = (share: number): number => latencies[Math.floor(share * (latencies.length - 1))]!
  say(
    `${rate} events/s: sent ${Math.round(sent)} a second, ${latencies.length} measured: p50 ${ms(at(0.5))}, p90 ${ms(at(0.9))}, p99 ${ms(at(0.99))}, p99.9 ${ms(at(0.999))}, longest ${ms(at(1))} ms; ${conditions()}`,
  )
  return { p50: at(0.5), p99: at(0.99) }
}

/** Sends `rate` events a second through a real producer; returns the events a second that it came to. */
async function produce(
  redisUrl: string,
  stream: CompiledStream,
  lanes: Lane[],
  rate: number,
  seconds: number,
): Promise<number> {
  const producer = await openProducer({ redisUrl, namespace: NAMESPACE, stream }, { name: 'bench' })
  const next = noise(42)
  const keys = Array.from({ length: GROUPS }, (_, group) => `k${group}`)
  const laneOf = keys.map((key) => lanes[partitionOf(key, PARTITIONS)]!)
  const began = performance.now()
  let sent = 0
  for (;;) {
    const passed = (performance.now() - began) / 1000
    for (const due = Math.min(passed, seconds) * rate; sent < due; sent++) {
      const group = Math.floor(next() * GROUPS)
      laneOf[group]!.sent.push(performance.now())
      const room = producer.send({ at: Date.now(), k: keys[group], v: responseTime(next) })
      // Beyond high water a producer waits: then it, and not the engine, is measured, so the rate must show it.
      await room
    }
    if (passed >= seconds) break
    await sleep(STEP_MS)
  }
  await producer.close()
  return (sent * 1000) / (performance.now() - began)
}

/** Calls `seen` for every row as soon as its partition says that it is committed. */
async function observe(
  redis: Redis,
  lanes: Lane[],
  signal: AbortSignal,
  seen: (sent: number, seen: number) => void,
): Promise<void> {
  while (!signal.aborted) {
    const replies = await small(redis)
    const now = performance.now()
    for (const [partition, text] of replies.entries()) {
      if (text === null) continue
      const lane = lanes[partition]!
      const state = JSON.parse(text) as { counted: number; dead: number; late: number; duplicate: number }
      if (state.dead + state.late + state.duplicate > 0) throw new Error(`not every event counts: ${text}`)
      for (; lane.counted < state.counted; lane.counted++) seen(lane.sent[lane.counted]!, now)
    }
    await sleep(LOOK_MS)
  }
}

/** The small state last committed by each partition, as JSON. */
async function small(redis: Redis): Promise<(string | null)[]> {
  const pipeline = redis.pipeline()
  for (let p = 0; p < PARTITIONS; p++) pipeline.hget(partitionKeys(NAMESPACE, 'load', p).meta, 'small')
  const replies = await pipeline.exec()
  return replies!.map(([error, text]) => {
    if (error) throw error
    return text as string | null
  })
}

/** Waits until every partition has an owner. */
async function owned(redis: Redis): Promise<void> {
  const until = Date.now() + PATIENCE_MS
  for (let p = 0; p < PARTITIONS; p++)
    while ((await redis.hget(partitionKeys(NAMESPACE, 'load', p).meta, 'owner')) === null) {
      if (Date.now() > until) throw new Error(`nobody owns partition ${p}`)
      await sleep(50)
    }
}

function ms(value: number): string {
  return value.toFixed(0)
}

const seconds = Number(process.argv[3] ?? 60)
const slow = await measure(1000, seconds)
const fast = await measure(50_000, seconds)
say(`latency 1k p50 ${ms(slow.p50)} p99 ${ms(slow.p99)} 50k p50 ${ms(fast.p50)} p99 ${ms(fast.p99)}`)
process.exit(0)
