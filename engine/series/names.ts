/** Names of the keys that a partition's series live under. Group names come from outside. */
import { createHash } from 'node:crypto'
import type { Rung } from '../config/compiled.ts'
import type { PartitionKeys } from '../stream/keys.ts'

/** Longer group names are hashed. */
const MAX_NAME_BYTES = 100

/**
 * A group in a key. Canonical group keys are JSON arrays, so they end in `]` and cannot be mistaken for what
 * follows; braces in them do no harm, since the hash tag is the first pair in the key and lies before.
 */
export function groupName(group: string): string {
  if (Buffer.byteLength(group) <= MAX_NAME_BYTES) return group
  return `#${createHash('sha1').update(group).digest('hex')}`
}

export function seriesName(metric: string, rung: Rung): string {
  return `${metric}:${rung}`
}

/** Hash: `metric:rung` -> newest pane and retention. */
export function stateKey(keys: PartitionKeys): string {
  return `${keys.series}!state`
}

/** Sorted set: groups of a metric by the time (ms) when their newest point expires. */
export function directoryKey(keys: PartitionKeys, metric: string): string {
  return `${keys.series}!groups:${metric}`
}

/** Sorted set: chunks of plain series by their end, ms. */
export function indexKey(keys: PartitionKeys, metric: string, rung: Rung): string {
  return `${keys.series}!chunks:${seriesName(metric, rung)}`
}

/** Sorted set: names of groups by the time (ms) when their newest point at this rung expires; for RedisTimeSeries. */
export function expiryKey(keys: PartitionKeys, metric: string, rung: Rung): string {
  return `${keys.series}!expiry:${seriesName(metric, rung)}`
}

/** Prefix of all data keys of a metric at a rung. */
export function seriesPrefix(keys: PartitionKeys, metric: string, rung: Rung): string {
  return `${keys.series}${seriesName(metric, rung)}:`
}
