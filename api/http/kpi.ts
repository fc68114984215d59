/** `GET /v1/kpis`, `GET /v1/kpis/:metric` and `GET /v1/series/:metric`: what is measured, its windows now, its past. */
import type { Context } from 'hono'
import {
  isUndeclared,
  parseDuration,
  RUNGS,
  suggest,
  WeirError,
  type CompiledConfig,
  type CompiledMetric,
  type Reader,
} from '../../engine/index.ts'
import { freshness } from './freshness.ts'
import { durationMs, momentMs } from './moment.ts'
import { NO_CONFIG, problem } from './problem.ts'
import { bad, oneOf, readQuery } from './query.ts'

export interface KpiDeps {
  reader: Reader
  clock: () => number
}

export const MAX_POINTS = 5000
/** A step not asked for is the finest kept rung with at most this many points. */
const GOOD_POINTS = 1500

export function listKpis(c: Context, { reader, clock }: KpiDeps): Response {
  readQuery(c.req.url, [])
  const config = reader.config()
  if (config === null) return problem(c, NO_CONFIG)
  const failing = reader.health().failing ?? []
  const metrics = config.metrics
    .filter((metric) => !isUndeclared(metric))
    .map((metric) => describe(metric, config, failing))
  return c.json({ ...freshness(reader, clock()), metrics })
}

/** `failing`: rules that fail, `<rule>: <reason>`. */
function describe(
  metric: CompiledMetric,
  config: CompiledConfig,
  failing: readonly string[],
): Record<string, unknown> {
  const { name, stream, title, unit, by, of, where, among, stats, windows, series } = metric
  const rules = config.rules
    .filter((rule) => rule.metric === name)
    .map(({ id, kind, stat, window, severity }) => {
      const why = failing.find((one) => one.startsWith(`${id}: `))?.slice(id.length + 2)
      return { id, kind, stat, window, severity, ...(why !== undefined && { failing: why }) }
    })
  return { name, stream, title, unit, by, of, where, among, stats, windows, series, rules }
}

export function readKpi(c: Context, { reader, clock }: KpiDeps): Response {
  const { values, group } = readQuery(c.req.url, ['window'], true)
  const metric = metricOf(reader, c.req.param('metric') ?? '')
  if (metric === null) return problem(c, NO_CONFIG)
  checkGroup(metric, group)
  const names = metric.windows.map((window) => window.name)
  const window = values.window === undefined ? {} : { window: oneOf(values.window, names, 'window') }
  return c.json({ ...freshness(reader, clock()), ...reader.kpis(metric.name, { ...window, group }) })
}

export async function readSeries(c: Context, { reader, clock }: KpiDeps): Promise<Response> {
  const { values, group } = readQuery(c.req.url, ['stat', 'from', 'to', 'step'], true)
  const metric = metricOf(reader, c.req.param('metric') ?? '')
  if (metric === null) return problem(c, NO_CONFIG)
  checkGroup(metric, group)
  const now = clock()
  const stat = values.stat === undefined ? metric.stats[0]! : oneOf(values.stat, metric.stats, 'stat')
  const from = momentMs(values.from ?? '-24h', 'from', now)
  const to = momentMs(values.to ?? 'now', 'to', now)
  if (from >= to) throw bad('from is not before to.', 'Give an earlier from or a later to.', 'from')
  const step = values.step === undefined ? goodStep(metric, to - from) : durationMs(values.step, 'step')
  const points = Math.ceil((to - from) / step)
  if (points > MAX_POINTS) {
    throw bad(
      `${points} points are asked for, ${MAX_POINTS} at most.`,
      'Give a longer step or a shorter time.',
      'step',
    )
  }
  const answer = await reader.series({ metric: metric.name, stat, from, to, step, group })
  return c.json({ from, to, group, ...answer })
}

function goodStep(metric: CompiledMetric, span: number): number {
  const steps = keptSteps(metric)
  return steps.find((step) => span / step <= GOOD_POINTS) ?? steps.at(-1) ?? span
}

/** Sizes of the rungs kept of a metric, ms, finest first. */
export function keptSteps(metric: CompiledMetric): number[] {
  return RUNGS.filter((rung) => metric.series.includes(rung)).map((rung) => parseDuration(rung)!)
}

/** The metric, or null while there is no config; throws WEIR_METRIC_UNKNOWN. */
function metricOf(reader: Reader, name: string): CompiledMetric | null {
  const config = reader.config()
  if (config === null) return null
  const metric = config.metrics.find((known) => known.name === name)
  if (metric !== undefined) return metric
  throw new WeirError(`There is no metric ${JSON.stringify(name.slice(0, 60))}.`, {
    code: 'WEIR_METRIC_UNKNOWN',
    domain: 'user',
    retry: false,
    todo: suggest(
      name,
      config.metrics.map((known) => known.name),
    ),
  })
}

function checkGroup(metric: CompiledMetric, group: Record<string, string>): void {
  for (const field of Object.keys(group)) {
    if (metric.by.includes(field)) continue
    const todo =
      metric.by.length === 0 ? `${metric.name} is not grouped; leave it out.` : suggest(field, metric.by)
    throw bad(`${metric.name} is not grouped by it.`, todo, `group.${field}`)
  }
}
