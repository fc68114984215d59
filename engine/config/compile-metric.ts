/** Compiles a declared metric: its fields against the stream's schema, its windows onto the pane ladder. */
import { shortHash } from './canonical.ts'
import { isBuiltIn } from './built-in-metric.ts'
import { compileCondition } from './compile-condition.ts'
import { fieldsOf, numberFields } from './compile-stream.ts'
import {
  RUNGS,
  type CompiledMetric,
  type CompiledStream,
  type CompiledWindow,
  type Stat,
  STATS,
  STATS_OF_EVENTS,
} from './compiled.ts'
import { parseDuration } from './duration.ts'
import type { Metric } from './metric.ts'
import { show, type Mistake } from './mistake.ts'
import { mergedName } from './merged-stream.ts'
import { suggest } from './nearest.ts'
import { checkName, Options } from './options.ts'
import { fitWindow } from './window.ts'

const OPTIONS = ['by', 'of', 'where', 'among', 'stats', 'windows', 'series', 'title', 'unit']

export function compileMetric(metric: Metric, stream: CompiledStream, mistakes: Mistake[]): CompiledMetric {
  const subject = { name: `metric ${show(metric.name)}`, source: metric.source }
  const options = new Options(subject, metric.spec, OPTIONS, mistakes)
  const name = isBuiltIn(metric) ? metric.name : checkName(options, metric.name)
  const by = compileBy(options, stream)
  const among = compileCondition(options, 'among', stream.schema, stream.name)
  const compiled = {
    name,
    stream: homeOf(by, stream),
    by,
    of: compileOf(options, stream),
    where: compileCondition(options, 'where', stream.schema, stream.name),
    ...(among !== null && { among }),
    stats: options.words('stats', STATS, 'which is no stat'),
    windows: compileWindows(options),
    series: options.words('series', RUNGS, 'which is no rung'),
    title: options.text('title', name),
    unit: options.text('unit', ''),
  }
  if (options.get('series') === undefined) compiled.series = ['1m', '10m', '1h', '1d']
  checkStats(options, compiled.stats, stream)
  return { ...compiled, hash: stateHash(compiled, stream) }
}

function compileBy(options: Options, stream: CompiledStream): string[] {
  const fields = fieldsOf(stream.schema)
  return options.words('by', fields, `which is no single-valued field of stream '${stream.name}'`)
}

/** Where its windows are kept: with the events, or, where no partition sees a whole group, where partitions meet. */
function homeOf(by: readonly string[], stream: CompiledStream): string {
  const whole = stream.partitions === 1 || by.includes(stream.key)
  return whole ? stream.name : mergedName(stream.name)
}

function compileOf(options: Options, stream: CompiledStream): string | null {
  const of = options.get('of')
  if (of === undefined) return null
  const stats = options.list('stats')
  const any = stats.includes('distinct') && stats.every((stat) => stat === 'distinct' || isOfEvents(stat))
  const fields = any ? fieldsOf(stream.schema) : numberFields(stream.schema)
  if (typeof of === 'string' && fields.includes(of)) return of
  const kind = any ? 'single-valued field' : 'number field'
  options.wrong(
    `of is ${show(of)}, which is no ${kind} of stream '${stream.name}'.`,
    suggest(String(of), fields),
    show(of),
  )
  return null
}

function isOfEvents(stat: unknown): boolean {
  return STATS_OF_EVENTS.some((one) => one === stat)
}

function checkStats(options: Options, stats: readonly Stat[], stream: CompiledStream): void {
  if (options.list('stats').length === 0) options.wrong('stats is empty.', `Name one of ${STATS.join(', ')}.`)
  for (const stat of stats) {
    if (stat === 'ratio' && options.get('where') === undefined)
      options.wrong(
        "stat 'ratio' needs where: it is the share of events that pass.",
        "Add a condition, such as where: { outcome: 'ok' }.",
        show(stat),
      )
    else if (!isOfEvents(stat) && options.get('of') === undefined)
      options.wrong(
        `stat '${stat}' needs of: the ${stat === 'distinct' ? '' : 'number '}field it is taken of.`,
        `Add of: one of ${fieldsFor(stat, stream).join(', ') || '(the stream has no number field)'}.`,
        show(stat),
      )
  }
}

function fieldsFor(stat: Stat, stream: CompiledStream): string[] {
  return stat === 'distinct' ? fieldsOf(stream.schema) : numberFields(stream.schema)
}

function compileWindows(options: Options): CompiledWindow[] {
  const windows: CompiledWindow[] = []
  const written = options.list('windows')
  if (written.length === 0) options.wrong('windows is empty.', "Name at least one, such as '5m'.")
  for (const one of written) {
    const spec = (typeof one === 'object' && one !== null ? one : { size: one }) as Record<string, unknown>
    const [size, slide] = [parseDuration(spec['size']), parseDuration(spec['slide'])]
    if (size === null || (slide === null && spec['slide'] !== undefined)) {
      options.wrong(
        `windows has ${show(one)}, which is no duration.`,
        'Write a number and its unit without a space, such as 5m, 1h or 1d.',
        typeof one === 'string' ? show(one) : 'windows',
      )
      continue
    }
    const name = String(spec['size'])
    const fit = fitWindow(name, size, slide ?? undefined)
    if (!fit.ok) options.wrong(`window '${name}' ${fit.why}.`, fit.todo, show(name))
    else if (windows.some((other) => other.size === size))
      options.wrong(`windows has '${name}' twice.`, 'Remove one.', show(name))
    else windows.push(fit.window)
  }
  return windows
}

/** What a pane must hold for a stat; two sets of stats with the same accumulators share their state. */
const ACCUMULATORS: Partial<Record<Stat, readonly string[]>> = {
  ratio: ['total'],
  sum: ['sum'],
  mean: ['sum'],
  stddev: ['sum', 'm2'],
  min: ['min'],
  max: ['max'],
  distinct: ['values'],
  p50: ['sketch'],
  p75: ['sketch'],
  p90: ['sketch'],
  p95: ['sketch'],
  p99: ['sketch'],
  p999: ['sketch'],
}

function stateHash(metric: Omit<CompiledMetric, 'hash'>, stream: CompiledStream): string {
  const { by, of, where, among, windows } = metric
  const accumulators = new Set(['count', ...metric.stats.flatMap((stat) => ACCUMULATORS[stat] ?? [])])
  return shortHash({
    stream: stream.name,
    key: stream.key,
    time: stream.time,
    clock: stream.clock,
    by,
    of,
    where,
    among,
    accumulators: [...accumulators].toSorted(),
    windows: windows
      .map(({ size, slide, rung }) => ({ size, slide, rung }))
      .toSorted((a, b) => a.size - b.size),
  })
}
