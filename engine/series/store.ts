/**
 * Where closed panes go: one interface, two stores (RedisTimeSeries, plain Redis), one contract test.
 * A series point is the accumulators of one group over one pane, upserted: same values, last write wins.
 */
import type { Rung } from '../config/compiled.ts'
import type { PartitionKeys } from '../stream/keys.ts'

/**
 * Accumulators kept of a pane, named as they are stored. `total` is the denominator of a ratio. New ones go to
 * the end: the plain store knows them by their place.
 */
export const SERIES_COLUMNS = [
  'count',
  'total',
  'sum',
  'min',
  'max',
  'm2',
  'p50',
  'p90',
  'p95',
  'p99',
  'p75',
  'p999',
  'distinct',
] as const
export type SeriesColumn = (typeof SERIES_COLUMNS)[number]

/** One piece of a `pend` blob, small enough for one script call (rows x columns <= 1,000). */
export interface Slice {
  metric: string
  rung: Rung
  /** ms before the newest `at` that stays readable. */
  retention: number
  columns: SeriesColumn[]
  /** `group` is the group's canonical key (see window/group-key). `at` is the start of the pane, ms. */
  rows: { group: string; at: number; values: (number | null)[] }[]
  /** Field of `pend` this piece comes from; `last` removes it in the same call. */
  field: string
  last: boolean
}

export interface SeriesStore {
  /** For people: `RedisTimeSeries 1.12.14` or `plain Redis`. */
  readonly name: string
  /**
   * Writes a slice if `token` still owns the partition (`owner` in meta), else changes nothing.
   * Idempotent. Items the store refuses (older than its retention) are counted, never thrown.
   */
  drain(
    keys: PartitionKeys,
    token: string,
    slice: Slice,
  ): Promise<{ verdict: 'OK' | 'FENCED'; refused: number }>
  /** Canonical keys of all groups that have points of this metric on this partition, sorted. */
  groups(keys: PartitionKeys, metric: string): Promise<string[]>
  /** Points with from <= at < to, oldest first; one array per column asked for, null where absent. */
  range(
    keys: PartitionKeys,
    metric: string,
    rung: Rung,
    group: string,
    columns: SeriesColumn[],
    from: number,
    to: number,
  ): Promise<{ at: number[]; values: (number | null)[][] }>
}

/** How long each rung stays readable, ms. */
export const RETENTION: Record<Rung, number> = {
  '10s': 6 * 3_600_000,
  '1m': 3 * 86_400_000,
  '10m': 30 * 86_400_000,
  '1h': 400 * 86_400_000,
  '1d': 10 * 366 * 86_400_000,
}
