/**
 * `npm run bench -- recovery`: one of two engine processes is killed (SIGKILL) while it owns up to 200 MB of state,
 * with up to a million events counted since its last snapshot. How long until the other counts on all its partitions?
 *
 * Both processes are real (`engine/main.ts`), and so is Redis, with AOF. The stream is history (`clock: 'event'`), so
 * that its hours can be written in seconds; the code of commits, snapshots and recovery is the same. What is
 * written goes to the partitions of the worker to be killed alone: its state is all the state there is. At the moment
 * of the kill one more entry is written to each of these partitions, of the same ten seconds of event time as those
 * before; they count again when the last of them is committed. Then one of the next ten seconds is written: closed panes
 * are read from the snapshot when a window first needs them, and that is timed apart.
 *
 * Last line: `recovery S s after kill, TTL T s, state M MB, replayed N events`.
 */
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { appendConfig, connect } from '../engine/index.ts'
import { unpack } from '../engine/commit/rounds.ts'
import { batchFields } from '../engine/event/entry.ts'
import { partitionOf } from '../engine/stream/partition-hash.ts'
import { partitionKeys } from '../engine/stream/keys.ts'
import { startRedis } from '../test/harness/redis.ts'
import { startRole, type TestRole } from '../test/harness/role.ts'
import { conditions, say, serverVersion } from './conditions.ts'
import { loadConfig } from './load-config.ts'
import { noise, responseTime } from './noise.ts'

const NAMESPACE = 'weir'
const PARTITIONS = 16
/** Lease term of `weir engine`, ms. */
const TTL = 5000
const ROWS = 250
/** Groups of the partitions that are killed, all together. */
const GROUPS = 24_000
/** History that makes the state: every group once a minute for an hour, then once in 10 s for twelve minutes. */
const HISTORY = [
  { seconds: 3600, every: 60 },
  { seconds: 720, every: 10 },
]
/** Events between the last snapshot and the kill. */
const REPLAY = 1_000_000
/** Events written at once while the workers keep up. */
const PIECE = 200_000
const BURST_MS = 10_000
const HISTORY_MS = HISTORY.reduce((sum, { seconds }) => sum + seconds * 1000, 0)
const PATIENCE_MS = 300_000

const next = noise(42)
/** Columns of values, as JSON. */
const VALUES = Array.from({ length: 400 }, () =>
  JSON.stringify(Array.from({ length: ROWS }, () => responseTime(next))),
)

/** One partition of the victim: what was written to it. */
class Target {
  readonly partition: number
  readonly keys: ReturnType<typeof partitionKeys>
  readonly groups: string[] = []
  /** Rows written. */
  rows = 0
  /** Its owner before the kill. */
  owner = ''

  constructor(partition: number) {
    this.partition = partition
    this.keys = partitionKeys(NAMESPACE, 'load', partition)
  }
}

interface Meta {
  owner: string
  counted: number
  round: number
}

async function metas(redis: Redis, targets: Target[]): Promise<Meta[]> {
  const pipeline = redis.pipeline()
  for (const { keys } of targets) pipeline.hmget(keys.meta, 'owner', 'small', 'round')
  const replies = await pipeline.exec()
  return replies!.map(([error, reply]) => {
    if (error) throw error
    const [owner, small, round] = reply as (string | null)[]
    const { counted } = JSON.parse(small ?? '{"counted":0}') as { counted: number }
    return { owner: owner ?? '', counted, round: Number(round ?? 0) }
  })
}

/** Asks every `every` ms until `holds`; resolves with the last answer. */
async function until(
  what: string,
  redis: Redis,
  targets: Target[],
  holds: (metas: Meta[]) => boolean,
  every = 50,
): Promise<Meta[]> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    const now = await metas(redis, targets)
    if (holds(now)) return now
    if (performance.now() > deadline) throw new Error(`gave up waiting until ${what}: ${JSON.stringify(now)}`)
    await sleep(every)
  }
}

type Pipeline = ReturnType<Redis['pipeline']>

/** Queues `events` events over the event time from…to, in order, evenly over the groups of each target. */
function write(pipeline: Pipeline, targets: Target[], events: number, [from, to]: [number, number]): void {
  const each = Math.floor(events / targets.length / ROWS)
  for (let entry = 0; entry < each; entry++) {
    const at = from + Math.floor(((to - from) * entry) / each)
    for (const target of targets) writeEntry(pipeline, target, at)
  }
}

function writeEntry(pipeline: Pipeline, target: Target, at: number): void {
  const { keys, groups, rows } = target
  let k = ''
  for (let i = 0; i < ROWS; i++) k += `${i === 0 ? '' : ','}"${groups[(rows + i) % groups.length]!}"`
  const v = VALUES[Math.floor(next() * VALUES.length)]!
  const columns = `{"at":[${`${at},`.repeat(ROWS - 1)}${at}],"k":[${k}],"v":${v}}`
  pipeline.xadd(keys.log, '*', ...batchFields('bench~0~b', rows, ROWS, 'x', at, columns))
  target.rows += ROWS
}

/** The partitions that the worker with this process id owns, once ownership has settled. */
async function settled(redis: Redis, pid: number): Promise<Target[]> {
  const all = Array.from({ length: PARTITIONS }, (_, partition) => new Target(partition))
  const mine = ({ owner }: Meta): boolean => owner.split(':')[1]?.startsWith(`${pid}.`) ?? false
  let before = ''
  let since = performance.now()
  const found = await until(
    'ownership has settled',
    redis,
    all,
    (now) => {
      const state = now.map(({ owner }) => owner).join()
      if (state !== before) since = performance.now()
      before = state
      return now.every(({ owner }) => owner !== '') && performance.now() - since > 3000
    },
    200,
  )
  const targets = all.filter((_, i) => mine(found[i]!))
  // Keys go where a producer would send them.
  for (let g = 0, given = 0; given < GROUPS; g++) {
    const partition = partitionOf(`k${g}`, PARTITIONS)
    const target = targets.find((one) => one.partition === partition)
    if (target === undefined) continue
    target.groups.push(`k${g}`)
    given++
  }
  return targets
}

/** Bytes of the blocks of all targets: as the fold wrote them, and as they stand in Redis. */
async function stateBytes(redis: Redis, targets: Target[]): Promise<{ plain: number; stored: number }> {
  const sum = { plain: 0, stored: 0 }
  for (const { keys } of targets)
    for (const [field, block] of Object.entries(await redis.hgetallBuffer(keys.snapshot))) {
      if (field.startsWith('manifest@')) continue
      sum.plain += (await unpack(block)).length
      sum.stored += block.length
    }
  return sum
}

/** Builds the state, then has `REPLAY` events counted after its last snapshot; resolves with the bytes of the state. */
async function build(redis: Redis, targets: Target[], start: number): Promise<number> {
  const counted = (metas: Meta[]): boolean => metas.every((meta, i) => meta.counted >= targets[i]!.rows)
  let at = start
  for (const { seconds, every } of HISTORY) {
    const pieces = Math.ceil((GROUPS * seconds) / every / PIECE)
    const step = Math.floor((seconds * 1000) / pieces)
    for (let piece = 0; piece < pieces; piece++, at += step) {
      const pipeline = redis.pipeline()
      write(pipeline, targets, PIECE, [at, at + step])
      await pipeline.exec()
      await until('the history is counted', redis, targets, counted)
    }
    say(`history: ${pieces * PIECE} events over ${seconds} s are counted`)
  }
  // Made before, so that they are written fast: the next snapshot is never more than ten seconds away.
  const rest = redis.pipeline()
  write(rest, targets, REPLAY, [at, at + BURST_MS])
  const before = await metas(redis, targets)
  const newer = (metas: Meta[]): boolean => metas.every(({ round }, i) => round > before[i]!.round)
  await until('a snapshot holds it', redis, targets, newer)
  const { plain, stored } = await stateBytes(redis, targets)
  say(`state: ${mb(plain)} MB in ${targets.length} partitions, ${mb(stored)} MB as packed in Redis`)
  await rest.exec()
  const all = await until('the rest is counted', redis, targets, counted, 5)
  for (const [i, { owner }] of all.entries()) targets[i]!.owner = owner
  return plain
}

/** Events that the worker says it has replayed when it took each of the partitions. */
function replayedBy(worker: TestRole, targets: Target[]): Map<number, number> {
  const events = new Map<number, number>()
  for (const line of worker.output().split('\n')) {
    if (!line.includes('"msg":"owned"')) continue
    const { partition: name, replayed } = JSON.parse(line) as { partition: string; replayed: number }
    for (const { partition } of targets)
      if (name === `load.${partition}`) events.set(partition, replayed * ROWS)
  }
  return events
}

function seconds(s: number): string {
  return s.toFixed(1)
}

function mb(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0)
}

const server = await startRedis()
const redis = connect(server.url, 'query', 'bench')
await redis.connect()
say(`recovery: ${conditions(serverVersion(await redis.info('server')))}`)
await appendConfig(
  redis,
  NAMESPACE,
  loadConfig({ partitions: PARTITIONS, windows: ['1m', '10m', '1h'], clock: 'event', series: [] }),
  'bench',
)
const worker = (): Promise<TestRole> =>
  startRole('engine', { REDIS_URL: server.url, WEIR_NAMESPACE: NAMESPACE })
const [victim, heir] = [await worker(), await worker()]
const targets = await settled(redis, victim.pid)
const start = Math.floor(Date.now() / 86_400_000 - 2) * 86_400_000
const plain = await build(redis, targets, start)

const killedAt = performance.now()
await victim.stop('SIGKILL')
const probe = redis.pipeline()
for (const target of targets) writeEntry(probe, target, start + HISTORY_MS + BURST_MS - 1)
await probe.exec()
const taken = new Map<number, number>()
const counting = new Map<number, number>()
await until(
  'all count again',
  redis,
  targets,
  (now) => {
    const after = (performance.now() - killedAt) / 1000
    for (const [i, { owner, counted }] of now.entries()) {
      const { partition, owner: before, rows } = targets[i]!
      if (owner !== before && !taken.has(partition)) taken.set(partition, after)
      if (counted >= rows && !counting.has(partition)) counting.set(partition, after)
    }
    return counting.size === targets.length
  },
  20,
)
const countsAgain = Math.max(...counting.values())
const turn = redis.pipeline()
for (const target of targets) writeEntry(turn, target, start + HISTORY_MS + BURST_MS + 10_000)
const turnedAt = performance.now()
await turn.exec()
await until(
  'all have read their windows',
  redis,
  targets,
  (now) => now.every(({ counted }, i) => counted >= targets[i]!.rows),
  20,
)
say(
  `windows of all partitions are read ${seconds((performance.now() - turnedAt) / 1000)} s after the next turn`,
)
const owned = replayedBy(heir, targets)
for (const { partition } of targets)
  say(
    `partition ${partition}: taken ${seconds(taken.get(partition)!)} s after the kill, counts at ${seconds(counting.get(partition)!)} s, ${owned.get(partition)} events replayed`,
  )
const replayed = [...owned.values()].reduce((sum, events) => sum + events, 0)
await heir.stop('SIGKILL')
redis.disconnect()
await server.stop()
say(conditions())
say(
  `recovery ${seconds(countsAgain)} s after kill, TTL ${TTL / 1000} s, state ${mb(plain)} MB, replayed ${replayed} events`,
)
process.exit(0)
