/** Which accumulators a metric needs: the layout of one cell, shared by panes, windows and series. */
import { type CompiledMetric, type Stat, STATS_OF_EVENTS } from '../config/compiled.ts'
import type { SeriesColumn } from '../series/store.ts'

/** Offsets into a cell. `TOTAL` counts every event of the group, `COUNT` those that meet `where`. */
export const COUNT = 0
export const TOTAL = 1
export const SUM = 2
export const MIN = 3
export const MAX = 4
export const M2 = 5

export const QUANTILES: Partial<Record<Stat, number>> = {
  p50: 0.5,
  p75: 0.75,
  p90: 0.9,
  p95: 0.95,
  p99: 0.99,
  p999: 0.999,
}

/** Whether a stat of several panes or groups follows from the stats of each. */
export function isMergeable(stat: Stat): boolean {
  return stat !== 'distinct' && !(stat in QUANTILES)
}

export interface Shape {
  /** Numbers per cell: 2, 5 (with values) or 6 (with stddev). */
  stride: number
  /** Whether events carry a number (`of`). */
  values: boolean
  /** Whether events that fail `where` still count into TOTAL. */
  ratio: boolean
  m2: boolean
  sketch: boolean
  /** Whether the different values of `of` are counted. */
  distinct: boolean
  /** What a series point stores. */
  columns: SeriesColumn[]
}

export function shapeOf(metric: Pick<CompiledMetric, 'of' | 'stats'>): Shape {
  const distinct = metric.of !== null && metric.stats.includes('distinct')
  // Where only `distinct` is taken of it, the field may be a text.
  const numeric = metric.stats.some((stat) => stat !== 'distinct' && !STATS_OF_EVENTS.includes(stat))
  const values = metric.of !== null && (numeric || !distinct)
  const ratio = metric.stats.includes('ratio')
  const m2 = values && metric.stats.includes('stddev')
  const quantiles = metric.stats.filter((stat) => stat in QUANTILES)
  const columns: SeriesColumn[] = ['count']
  if (ratio) columns.push('total')
  if (values) columns.push('sum', 'min', 'max')
  if (m2) columns.push('m2')
  columns.push(...(quantiles as SeriesColumn[]))
  if (distinct) columns.push('distinct')
  return {
    stride: values ? (m2 ? 6 : 5) : 2,
    values,
    ratio,
    m2,
    sketch: values && quantiles.length > 0,
    distinct,
    columns,
  }
}
