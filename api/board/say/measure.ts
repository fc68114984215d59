/** One number out of the rows of a metric: the row that matches, or several merged where the stat allows it. */
import type { CompiledConfig, KpiRow, Stat } from '../../../engine/index.ts'

export interface Measured {
  value: number | null
  /** Whether the window was read too long ago to speak of now. */
  stale: boolean
}

/** Whether `row` has every field of `group`. */
export function matches(row: Record<string, string>, group: Record<string, string>): boolean {
  return Object.entries(group).every(([field, value]) => row[field] === value)
}

/**
 * Several matching rows: counts, rates and sums add up, min and max are found; means are weighted by count
 * where it is there; of ratios, quantiles and different values, which cannot be merged, the worst for `worst` is given.
 */
export function measure(
  config: CompiledConfig,
  rows: KpiRow[],
  ask: { metric: string; stat: Stat; window: string; group: Record<string, string> },
  worst: 'lowest' | 'highest',
  now: number,
): Measured {
  const known: { value: number; count: number | null; asOf: number }[] = []
  for (const row of rows) {
    const value = row.values[ask.stat]
    if (typeof value === 'number' && Number.isFinite(value) && matches(row.group, ask.group))
      known.push({ value, count: row.values.count ?? null, asOf: row.asOf })
  }
  if (known.length === 0) return { value: null, stale: false }
  const asOf = known.reduce((newest, row) => Math.max(newest, row.asOf), 0)
  return { value: merge(known, ask.stat, worst), stale: isStale(config, ask.metric, ask.window, asOf, now) }
}

/** A live window read longer ago than its size (at least a minute) is no news of now; loaded history never is. */
export function isStale(
  config: CompiledConfig,
  metric: string,
  window: string,
  asOf: number,
  now: number,
): boolean {
  const found = config.metrics.find((each) => each.name === metric)
  const stream = config.streams.find((each) => each.name === found?.stream)
  if (stream?.clock === 'event') return false
  const size = found?.windows.find((each) => each.name === window)?.size ?? 0
  return now - asOf > Math.max(60_000, size) + (stream?.disorder ?? 0)
}

function merge(
  rows: { value: number; count: number | null }[],
  stat: Stat,
  worst: 'lowest' | 'highest',
): number {
  const values = rows.map((row) => row.value)
  if (values.length === 1) return values[0]!
  const sum = values.reduce((total, value) => total + value, 0)
  const least = values.reduce((a, b) => Math.min(a, b))
  const most = values.reduce((a, b) => Math.max(a, b))
  if (stat === 'count' || stat === 'rate' || stat === 'sum') return sum
  if (stat === 'min') return least
  if (stat === 'max') return most
  const events = rows.reduce((total, row) => total + (row.count ?? Number.NaN), 0)
  if (stat === 'mean' && events > 0)
    return rows.reduce((total, row) => total + row.value * row.count!, 0) / events
  return worst === 'lowest' ? least : most
}
