/** Looks at everything the engine keeps in a namespace, without changing any of it. */
import { readFileSync } from 'node:fs'
import type { Redis } from 'ioredis'
import { ALERTS } from '../commit/claim.ts'
import type { CompiledConfig } from '../config/compiled.ts'
import { newestControl } from '../control/control-log.ts'
import { SILENT_AFTER } from '../ownership/membership.ts'
import { directoryKey } from '../series/names.ts'
import { partitionKeys, sharedKeys } from '../stream/keys.ts'
import { type Command, sendEach } from '../stream/send-each.ts'
import { type PartitionState, partitionState } from './partition-state.ts'
import { serverTime } from '../stream/server-time.ts'

const LOOK = readFileSync(new URL('look.lua', import.meta.url), 'utf8')
/** Waiting entries looked at per partition, and bytes of them: beyond, the number of events is a lower bound. */
const LOOK_ENTRIES = 500
const LOOK_BYTES = 4 * 1024 * 1024
/** Partitions per round trip. */
const AT_ONCE = 16

export interface WorkerState {
  id: string
  /** Since its last heartbeat, ms. */
  seenAgo: number
  live: boolean
  /** Partitions whose lease it holds. */
  partitions: number
}

export interface EngineState {
  /** Server time, ms. */
  now: number
  namespace: string
  /** Newest config of the control log; null before the first. */
  control: { id: string; hash: string; by: string } | null
  workers: WorkerState[]
  partitions: PartitionState[]
}

/** One moment per partition, not one for all: they move on meanwhile. Rejects where Redis does not answer. */
export async function readState(redis: Redis, namespace: string): Promise<EngineState> {
  const entry = await newestControl(redis, namespace)
  const partitions = entry === null ? [] : await readPartitions(redis, namespace, entry.config)
  const now = await serverTime(redis)
  return {
    now,
    namespace,
    control: entry === null ? null : { id: entry.id, hash: entry.config.hash, by: entry.by },
    workers: await readWorkers(redis, namespace, now, partitions),
    partitions,
  }
}

async function readPartitions(
  redis: Redis,
  namespace: string,
  config: CompiledConfig,
): Promise<PartitionState[]> {
  const targets = [...config.streams, { name: ALERTS, partitions: 1 }].flatMap(({ name, partitions }) =>
    Array.from({ length: partitions }, (_, partition) => ({ stream: name, partition })),
  )
  const states: PartitionState[] = []
  for (let i = 0; i < targets.length; i += AT_ONCE) {
    const some = targets.slice(i, i + AT_ONCE)
    const commands = some.map(({ stream, partition }): Command => {
      const keys = partitionKeys(namespace, stream, partition)
      const directories = config.metrics
        .filter((metric) => metric.stream === stream)
        .map(({ name }) => directoryKey(keys, name))
      const { meta, log, pend, outbox, snapshot, view, dead, late } = keys
      const all = [meta, log, pend, outbox, snapshot, view, dead, late, ...directories]
      return ['EVAL', LOOK, all.length, ...all, LOOK_ENTRIES, LOOK_BYTES]
    })
    for (const [k, [error, reply]] of (await sendEach(redis, commands)).entries()) {
      if (error !== null) throw error
      const { stream, partition } = some[k]!
      states.push(partitionState(stream, partition, reply as string[]))
    }
  }
  return states
}

async function readWorkers(
  redis: Redis,
  namespace: string,
  now: number,
  partitions: readonly PartitionState[],
): Promise<WorkerState[]> {
  const raw = await redis.zrange(sharedKeys(namespace).workers, '0', '-1', 'WITHSCORES')
  const owned = new Map<string, number>()
  for (const { owner, leaseLeft } of partitions)
    if (owner !== null && leaseLeft > 0) owned.set(owner.worker, (owned.get(owner.worker) ?? 0) + 1)
  const workers = new Map<string, WorkerState>()
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const id = raw[i]!
    const seenAgo = Math.max(0, now - Number(raw[i + 1]))
    workers.set(id, { id, seenAgo, live: seenAgo < SILENT_AFTER, partitions: owned.get(id) ?? 0 })
  }
  return [...workers.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}
