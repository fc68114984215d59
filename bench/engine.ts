/**
 * `npm run bench -- engine`: one worker process over preloaded logs, 10,000 groups, windows 1m, 5m and 1h of
 * count, mean, min, max and p95, on a real Redis with AOF. Ratios in one run:
 *
 *   flat   events/s of flat entries, over a bare loop that reads and parses the same entries with the same client
 *   batch  million events/s of batch entries
 *   stall  longest time the event loop stood still, ms
 *
 * Last line: `engine flat R1 batch R2 stall R3`.
 */
import { monitorEventLoopDelay, performance, PerformanceObserver } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'
import { compile } from '../engine/config/compile.ts'
import { appendConfig, connect, defineConfig, stream, t } from '../engine/index.ts'
import { partitionKeys } from '../engine/stream/keys.ts'
import { Worker } from '../engine/worker.ts'
import { startRedis } from '../test/harness/redis.ts'
import { type Load, preload } from './engine-log.ts'

const PARTITIONS = 8
const GROUPS = 10_000
const STATS = ['count', 'mean', 'min', 'max', 'p95'] as const

interface Measured {
  events: number
  seconds: number
  stall: number
  nodeNs: number
  redisNs: number
  aofBytes: number
}

async function measure(
  kind: 'flat' | 'batch',
  rate: number,
  seconds: number,
): Promise<Measured & { bare: number }> {
  const server = await startRedis()
  const redis = connect(server.url, 'query', 'bench')
  await redis.connect()
  const load: Load = {
    stream: 'load',
    partitions: PARTITIONS,
    groups: GROUPS,
    rate,
    seconds,
    rows: kind === 'flat' ? 1 : 250,
    start: Date.now() - (seconds + 20) * 1000,
  }
  const { events, bytes } = await preload(redis, 'weir', load)
  say(
    `${kind}: ${events.toLocaleString('en')} events, ${(bytes / events).toFixed(1)} bytes each, are in the log`,
  )
  const bare = kind === 'flat' ? await bareLoop(server.url, events) : 0
  await appendConfig(redis, 'weir', config(), 'bench')
  const before = await serverCosts(redis)
  const worker = new Worker({ redisUrl: server.url, namespace: 'weir', log: pino({ level: 'error' }) })
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const gc = watchGc()
  await worker.start()
  const cpu = process.cpuUsage()
  delay.enable()
  const began = performance.now()
  let counted = 0
  while (counted < events) {
    await sleep(100)
    counted = [...worker.partitions.values()].reduce(
      (sum, partition) => sum + partition.fold.small().counted,
      0,
    )
  }
  const took = (performance.now() - began) / 1000
  delay.disable()
  const used = process.cpuUsage(cpu)
  const after = await serverCosts(redis)
  await worker.stop()
  redis.disconnect()
  await server.stop()
  say(`${kind}: longest pauses: event loop ${(delay.max / 1e6).toFixed(0)} ms, garbage ${gc().toFixed(0)} ms`)
  return {
    bare,
    events,
    seconds: took,
    stall: delay.max / 1e6,
    nodeNs: ((used.user + used.system) * 1000) / events,
    redisNs: ((after.cpu - before.cpu) * 1e9) / events,
    aofBytes: (after.aof - before.aof) / events,
  }
}

/** Reads and parses every entry, and nothing else: what the client alone costs. Events per second. */
async function bareLoop(url: string, events: number): Promise<number> {
  const redis = connect(url, 'block', 'bench-bare')
  await redis.connect()
  const logs = Array.from({ length: PARTITIONS }, (_, p) => partitionKeys('weir', 'load', p).log)
  const at = logs.map(() => '0-0')
  const began = performance.now()
  let seen = 0
  let sum = 0
  while (seen < events) {
    const reply = (await redis.xread('COUNT', 500, 'STREAMS', ...logs, ...at)) as [
      string,
      [string, string[]][],
    ][]
    for (const [key, entries] of reply) {
      at[logs.indexOf(key)] = entries.at(-1)![0]
      for (const [, fields] of entries) {
        const event: Record<string, string> = {}
        for (let i = 0; i < fields.length; i += 2) event[fields[i]!] = fields[i + 1]!
        sum += Number(event.at) + Number(event.v)
        seen++
      }
    }
  }
  redis.disconnect()
  if (Number.isNaN(sum)) throw new Error('the log is unreadable')
  return (events * 1000) / (performance.now() - began)
}

function config(): Parameters<typeof appendConfig>[2] {
  const load = stream('load', {
    key: 'k',
    time: 'at',
    partitions: PARTITIONS,
    schema: { at: t.Number(), k: t.String(), v: t.Number() },
  })
  const metric = load.metric('v', { by: ['k'], of: 'v', stats: [...STATS], windows: ['1m', '5m', '1h'] })
  const { config, mistakes } = compile(defineConfig({ metrics: [metric] }), { checkFile: () => null })
  if (mistakes.length > 0) throw new Error(JSON.stringify(mistakes))
  return config
}

/** CPU seconds of the server and bytes of its append-only file. */
async function serverCosts(redis: ReturnType<typeof connect>): Promise<{ cpu: number; aof: number }> {
  const cpu = await redis.info('cpu')
  const aof = await redis.info('persistence')
  const number = (text: string, name: string): number =>
    Number(new RegExp(`${name}:([\\d.]+)`).exec(text)?.[1] ?? 0)
  return {
    cpu: number(cpu, 'used_cpu_user') + number(cpu, 'used_cpu_sys'),
    aof: number(aof, 'aof_current_size'),
  }
}

function watchGc(): () => number {
  let longest = 0
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) longest = Math.max(longest, entry.duration)
  })
  observer.observe({ entryTypes: ['gc'] })
  return () => {
    observer.disconnect()
    return longest
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

const seconds = Number(process.argv[3] ?? 70)
const flat = await measure('flat', 100_000, Math.min(seconds, 30))
const flatRate = flat.events / flat.seconds
say(
  `flat: ${Math.round(flatRate).toLocaleString('en')} events/s, bare loop ${Math.round(flat.bare).toLocaleString('en')}`,
)
const batch = await measure('batch', 1_500_000, seconds)
const batchRate = batch.events / batch.seconds
for (const [name, m] of Object.entries({ flat, batch })) {
  say(
    `${name}: node ${m.nodeNs.toFixed(0)} ns, redis ${m.redisNs.toFixed(0)} ns, AOF ${m.aofBytes.toFixed(1)} bytes per event`,
  )
}
const stall = Math.max(flat.stall, batch.stall)
say(
  `engine flat ${(flatRate / flat.bare).toFixed(2)} batch ${(batchRate / 1e6).toFixed(2)} stall ${stall.toFixed(0)}`,
)
process.exit(0)
