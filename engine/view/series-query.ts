/** Answers a question about the past from the series store: picks the rung, reads the groups, merges by step. */
import { type CompiledConfig, type CompiledMetric, type Rung, RUNGS } from '../config/compiled.ts'
import { WeirError } from '../error.ts'
import type { SeriesColumn, SeriesStore } from '../series/store.ts'
import { partitionKeys } from '../stream/keys.ts'
import { groupLabels } from '../window/group-key.ts'
import { RUNG_MS } from '../config/window.ts'
import { emptyCell, mergeCell } from '../window/pane.ts'
import { COUNT, isMergeable, M2, MAX, MIN, type Shape, shapeOf, SUM, TOTAL } from '../window/shape.ts'
import { statOf } from '../window/stat.ts'
import type { SeriesAnswer, SeriesQuery } from './reader.ts'

/** Points per answer, and groups merged into one. */
export const MAX_POINTS = 5000
const MAX_GROUPS_MERGED = 2000
/** Panes read for one answer, over all groups: about two seconds of work. */
const MAX_PANES = 1_000_000

const OFFSETS: [SeriesColumn, number][] = [
  ['count', COUNT],
  ['total', TOTAL],
  ['sum', SUM],
  ['min', MIN],
  ['max', MAX],
  ['m2', M2],
]

export async function querySeries(
  store: SeriesStore,
  namespace: string,
  config: CompiledConfig,
  query: SeriesQuery,
): Promise<SeriesAnswer> {
  const metric = config.metrics.find((m) => m.name === query.metric)
  if (!metric) throw unknownMetric(query.metric, config)
  const rung = rungFor(metric, query)
  const groups = await matchingGroups(store, namespace, config, metric, query.group)
  const asStored = !isMergeable(query.stat)
  if (asStored && groups.length > 1) {
    throw refused(
      `${query.stat} of ${groups.length} groups cannot be merged.`,
      `Name one group by group.${metric.by.join('=…&group.')}=…, or declare a metric with that grouping.`,
    )
  }
  if (groups.length > MAX_GROUPS_MERGED)
    throw refused(`${groups.length} groups match.`, 'Narrow the question by group.<field>=….')
  const panes = groups.length * Math.ceil((query.to - query.from) / RUNG_MS[rung])
  if (panes > MAX_PANES) {
    throw refused(
      `${groups.length} groups over that time are ${panes} panes of ${rung} to merge, ${MAX_PANES} at most.`,
      'Take a longer step or a shorter time, or narrow the question by group.<field>=….',
    )
  }
  const shape = shapeOf(metric)
  const columns: SeriesColumn[] = asStored
    ? [query.stat as SeriesColumn]
    : OFFSETS.map(([column]) => column).filter((column) => shape.columns.includes(column))
  const cells = new Map<number, Float64Array>()
  for (const { partition, key } of groups) {
    const keys = partitionKeys(namespace, metric.stream, partition)
    const found = await store.range(keys, metric.name, rung, key, columns, query.from, query.to)
    for (const [i, at] of found.at.entries()) {
      const step = Math.floor(at / query.step) * query.step
      const point = columns.map((_, k) => found.values[k]![i] ?? null)
      if (asStored) cells.set(step, Float64Array.of(point[0] ?? Number.NaN))
      else cells.set(step, merged(cells.get(step), point, columns, shape))
    }
  }
  const points: [number, number][] = []
  for (const [at, cell] of [...cells].sort(([a], [b]) => a - b)) {
    const value = asStored ? cell[0]! : statOf(query.stat, cell, 0, query.step)
    if (value !== null && !Number.isNaN(value)) points.push([at, value])
  }
  return { metric: metric.name, stat: query.stat, unit: metric.unit, rung, step: query.step, points }
}

/** The coarsest kept rung that divides the step; quantiles and `distinct` need the step itself to be kept. */
function rungFor(metric: CompiledMetric, query: SeriesQuery): Rung {
  const { step, stat } = query
  if (!metric.stats.includes(stat)) {
    throw refused(`${metric.name} has no ${stat}.`, `It has ${metric.stats.join(', ')}.`)
  }
  if (!(step > 0)) throw refused('step is not above zero.', `Kept are ${metric.series.join(', ')}.`)
  if (!(query.to > query.from))
    throw refused('from is not before to.', 'Give from and to in ms, or as ISO times.')
  if ((query.to - query.from) / step > MAX_POINTS) {
    throw refused(`that is more than ${MAX_POINTS} points.`, 'Take a longer step or a shorter time.')
  }
  const rung = RUNGS.findLast((r) => {
    const fits = isMergeable(stat) ? step % RUNG_MS[r] === 0 : RUNG_MS[r] === step
    return fits && metric.series.includes(r)
  })
  if (rung === undefined) {
    throw refused(
      `no kept series of ${metric.name} makes a step of ${step / 1000} s.`,
      `Kept are ${metric.series.join(', ')}.`,
    )
  }
  return rung
}

async function matchingGroups(
  store: SeriesStore,
  namespace: string,
  config: CompiledConfig,
  metric: CompiledMetric,
  wanted: Record<string, string>,
): Promise<{ partition: number; key: string }[]> {
  for (const field of Object.keys(wanted)) {
    if (!metric.by.includes(field))
      throw refused(
        `${metric.name} is not grouped by ${field}.`,
        `It is grouped by ${metric.by.join(', ') || 'nothing'}.`,
      )
  }
  const stream = config.streams.find((s) => s.name === metric.stream)!
  const found: { partition: number; key: string }[] = []
  for (let partition = 0; partition < stream.partitions; partition++) {
    for (const key of await store.groups(partitionKeys(namespace, stream.name, partition), metric.name)) {
      const labels = groupLabels(metric.by, key)
      if (Object.entries(wanted).every(([field, value]) => labels[field] === value))
        found.push({ partition, key })
    }
  }
  return found
}

function merged(
  cell: Float64Array | undefined,
  point: (number | null)[],
  columns: SeriesColumn[],
  shape: Shape,
): Float64Array {
  const one = new Float64Array(shape.stride)
  emptyCell(one, 0, shape)
  for (const [column, offset] of OFFSETS) {
    const value = point[columns.indexOf(column)]
    if (value != null) one[offset] = value
  }
  if (cell === undefined) return one
  mergeCell(cell, 0, one, 0, shape)
  return cell
}

export function unknownMetric(name: string, config: CompiledConfig): WeirError {
  return new WeirError(`there is no metric ${name}.`, {
    code: 'WEIR_METRIC_UNKNOWN',
    domain: 'user',
    retry: false,
    todo: `Metrics are ${config.metrics.map((m) => m.name).join(', ') || 'not declared yet'}.`,
  })
}

export function refused(what: string, todo: string): WeirError {
  return new WeirError(what, { code: 'WEIR_QUERY', domain: 'user', retry: false, todo })
}
