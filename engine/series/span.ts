/** What part of a series can be read: between what has expired and the newest pane. */
import type { Redis } from 'ioredis'
import type { Rung } from '../config/compiled.ts'
import type { PartitionKeys } from '../stream/keys.ts'
import { directoryKey, seriesName, stateKey } from './names.ts'

/** The readable part of from <= at < to, ms; null where there is none. */
export async function readableSpan(
  redis: Redis,
  keys: PartitionKeys,
  metric: string,
  rung: Rung,
  from: number,
  to: number,
): Promise<{ from: number; to: number } | null> {
  const state = await redis.hget(stateKey(keys), seriesName(metric, rung))
  if (state === null) return null
  const [newest, retention] = state.split(' ').map(Number) as [number, number]
  const first = Math.max(0, Math.ceil(from), newest - retention)
  const end = Math.min(Math.ceil(to), newest + 1)
  return first < end ? { from: first, to: end } : null
}

/** Canonical keys of the groups that have points of a metric, sorted. */
export async function readGroups(redis: Redis, keys: PartitionKeys, metric: string): Promise<string[]> {
  return (await redis.zrange(directoryKey(keys, metric), '0', '-1')).sort()
}
