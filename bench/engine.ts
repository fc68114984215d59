/**
 * `npm run bench -- engine [SECONDS] [--profile]`: one worker process over preloaded logs, 10,000 groups, windows
 * 1m, 5m and 1h of count, mean, min, max and p95, on a real Redis with AOF. Ratios in one run:
 *
 *   flat   events/s of flat entries, over a bare loop that reads and parses the same entries with the same client
 *   batch  million events/s of batch entries
 *   stall  longest time the event loop stood still, ms
 *
 * SECONDS of event time are in the logs (70: seven panes of 10 s close); they are read as fast as may be.
 * `--profile` samples and prints where the time goes; it costs some of it. `--only flat` or `--only batch` measures one of them.
 * Last line: `engine flat R1 batch R2 stall R3`.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'
import { compile } from '../engine/config/compile.ts'
import { appendConfig, connect, defineConfig, stream, t } from '../engine/index.ts'
import { partitionKeys } from '../engine/stream/keys.ts'
import { Worker } from '../engine/worker.ts'
import { startRedis } from '../test/harness/redis.ts'
import { type Costs, measureCosts } from './costs.ts'
import { type Load, preload } from './engine-log.ts'
import { profile } from './profile.ts'

const PARTITIONS = 8
const GROUPS = 10_000
const STATS = ['count', 'mean', 'min', 'max', 'p95'] as const

interface Measured extends Costs {
  events: number
  /** Events/s of the bare loop. */
  bare: number
  /** See watchCommits. */
  waited: number
  apart: number
}

async function measure(kind: 'flat' | 'batch', rate: number, seconds: number): Promise<Measured> {
  // A rewrite of the append-only file would make it smaller while we measure how it grows.
  const server = await startRedis({ args: ['--auto-aof-rewrite-percentage', '0'] })
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
  say(`${kind}: ${whole(events)} events, ${(bytes / events).toFixed(1)} bytes each, are in the log`)
  const bare = kind === 'flat' ? await bareLoop(server.url, events) : 0
  await appendConfig(redis, 'weir', config(), 'bench')
  const worker = new Worker({ redisUrl: server.url, namespace: 'weir', log: pino({ level: 'error' }) })
  collectGarbage()
  // Measured is a worker that is up: nothing is counted before its libraries are loaded.
  await worker.start()
  const finish = await measureCosts(redis)
  const commits = watchCommits(worker)
  const hot = process.argv.includes('--profile') ? await profile() : null
  while (counted(worker) < events) await sleep(100)
  const costs = await finish()
  if (hot !== null) for (const line of await hot()) say(line)
  const measured = { ...costs, events, bare, ...commits() }
  const closed = seconds / 10
  await worker.stop()
  redis.disconnect()
  await server.stop()
  report(kind, measured, closed)
  return measured
}

function counted(worker: Worker): number {
  return [...worker.partitions.values()].reduce((sum, { fold }) => sum + fold.small().counted, 0)
}

/**
 * Longest time, ms, from when something was counted until a commit that holds it was answered, and longest time between the
 * beginnings of two commits of a partition: while others turn, at this speed, it may have nothing to commit. Looked at
 * every 5 ms.
 */
function watchCommits(worker: Worker): () => Pick<Measured, 'waited' | 'apart'> {
  const begun = new Map<string, number>()
  const counted = new Map<string, { n: number; at: number }[]>()
  const longest = { waited: 0, apart: 0 }
  const look = setInterval(() => {
    const now = performance.now()
    for (const { name, committedAt, committed, n } of worker.partitions.values()) {
      const waiting = counted.get(name) ?? []
      counted.set(name, waiting)
      if (n > (waiting.at(-1)?.n ?? committed.n)) waiting.push({ n, at: now })
      while (waiting.length > 0 && waiting[0]!.n <= committed.n)
        longest.waited = Math.max(longest.waited, now - waiting.shift()!.at)
      const before = begun.get(name)
      if (before !== undefined) longest.apart = Math.max(longest.apart, committedAt - before)
      if (Number.isFinite(committedAt)) begun.set(name, committedAt)
    }
  }, 5)
  return () => {
    clearInterval(look)
    return longest
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

/** What preparing has left behind is not the worker's to clear away. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  ;(runInNewContext('gc') as () => void)()
}

function report(kind: string, m: Measured, closed: number): void {
  const node = (m.node * 1e9) / m.events
  const perSecond = m.events / m.seconds
  say(
    `${kind}: ${whole(perSecond)} events/s over ${m.seconds.toFixed(1)} s, ${Math.floor(closed)} panes of 10 s closed` +
      (m.bare > 0 ? `, bare loop ${whole(m.bare)} events/s` : ''),
  )
  say(
    `${kind}: node ${node.toFixed(0)} ns, redis ${((m.redis * 1e9) / m.events).toFixed(0)} ns, ` +
      `AOF ${(m.aof / m.events).toFixed(1)} bytes per event`,
  )
  say(
    `${kind}: longest pauses: event loop ${m.stall.toFixed(0)} ms, garbage ${m.garbage.toFixed(0)} ms; ` +
      `what is counted is committed ${m.waited.toFixed(0)} ms later at most (commits ${m.apart} ms apart); ${(m.memory / 2 ** 20).toFixed(0)} MB`,
  )
  // A worker is one thread: at 100 % of it nothing but fewer ns per event helps.
  say(
    `${kind}: ${((100 * m.node) / m.seconds).toFixed(0)} % of a core is used; a core has ${whole(1e9 / node)} events/s in it`,
  )
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

const words = process.argv.slice(3)
const seconds = Number(words.find((word) => /^\d+$/.test(word)) ?? 70)
const only = words[words.indexOf('--only') + 1]
const flat = only === 'batch' ? null : await measure('flat', 100_000, seconds)
const batch = only === 'flat' ? null : await measure('batch', 1_500_000, seconds)
const share = flat === null ? '-' : (flat.events / flat.seconds / flat.bare).toFixed(2)
const rate = batch === null ? '-' : (batch.events / batch.seconds / 1e6).toFixed(2)
const stall = Math.max(flat?.stall ?? 0, batch?.stall ?? 0)
say(`engine flat ${share} batch ${rate} stall ${stall.toFixed(0)}`)
process.exit(0)
