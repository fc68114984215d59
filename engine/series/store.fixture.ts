/** What the contract of the series stores is checked with: partitions of its own, slices, and looks at what is there. */
import type { Redis } from 'ioredis'
import { type PartitionKeys, partitionKeys } from '../stream/keys.ts'
import { groupKey } from '../window/group-key.ts'
import type { SeriesStore, Slice } from './store.ts'

export interface ContractSubject {
  redis: Redis
  store: SeriesStore
  /** Keys of a partition that nobody else uses. */
  keys: PartitionKeys
}

/** Yields a subject of its own to each test. */
export type OpenSubject = () => Promise<ContractSubject>

export const TOKEN = '1:w1:abc'
export const PANE = 10_000
/** A pane that no chunk boundary is special to. */
export const T0 = 1_700_000_000_000
export const GROUP = groupKey(['north'])

let running = 0

export async function contractSubject(redis: Redis, store: SeriesStore): Promise<ContractSubject> {
  const keys = partitionKeys('contract', `s${process.pid}-${Date.now()}-${running++}`, 3)
  await redis.hset(keys.meta, 'owner', TOKEN)
  return { redis, store, keys }
}

export function slice(
  rows: [at: number, ...values: (number | null)[]][],
  changes: Partial<Slice> = {},
): Slice {
  return {
    metric: 'volume',
    rung: '10s',
    retention: 3_600_000,
    columns: ['count'],
    rows: rows.map(([at, ...values]) => ({ group: GROUP, at, values })),
    field: 'f1',
    last: false,
    ...changes,
  }
}

/** Every key of the partition's series. */
export async function keysOf(redis: Redis, keys: PartitionKeys): Promise<string[]> {
  return redis.keys(`${keys.series.replaceAll(/[[\]*?\\]/g, String.raw`\$&`)}*`)
}

/** All that can be read of the default slice's series. */
export async function all(store: SeriesStore, keys: PartitionKeys) {
  return store.range(keys, 'volume', '10s', GROUP, ['count'], 0, T0 * 2)
}
