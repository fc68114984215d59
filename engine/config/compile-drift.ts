/** Compiles what a drift rule has of its own: its history, its direction, and for what there is one alert. */
import { type CompiledMetric, type CompiledStream, type DriftRule, type Stat } from './compiled.ts'
import { show } from './mistake.ts'
import { suggest } from './nearest.ts'
import type { Options } from './options.ts'

export const DRIFT_OPTIONS = ['over', 'by', 'across', 'change', 'direction', 'minSamples', 'minHistory']
/** Stats by which a history can be left. */
const JUDGED: readonly Stat[] = ['ratio', 'distinct', 'mean', 'min', 'max']

type Own = Pick<DriftRule, 'by' | 'across' | 'change' | 'direction' | 'minSamples' | 'minHistory'>

export function compileDrift(
  options: Options,
  stat: Stat,
  metric: CompiledMetric,
  stream: CompiledStream,
): Own {
  if (!JUDGED.includes(stat))
    options.wrong(
      `stat is ${show(stat)}, by which no drift is judged.`,
      "Use 'ratio' for a share, 'mean', 'min' or 'max' for a range, 'distinct' for the values themselves.",
      show(stat),
    )
  const by = alertFields(options, metric, stream)
  const whole = { min: 1, integer: true }
  return {
    by,
    across: pooledField(options, stat, metric, by),
    change: options.number('change', 0.2, { min: 0, max: 1 }),
    direction: options.choice('direction', ['both', 'up', 'down'], 'both'),
    minSamples: options.number('minSamples', 3, whole),
    minHistory: options.number('minHistory', 20, whole),
  }
}

function alertFields(options: Options, metric: CompiledMetric, stream: CompiledStream): string[] {
  if (options.get('by') === undefined) return metric.by
  const named = options.words('by', metric.by, `which metric '${metric.name}' is not grouped by`)
  const by = metric.by.filter((field) => named.includes(field))
  // One partition must see all that one alert is about.
  if (by.length < metric.by.length && stream.partitions > 1 && !by.includes(stream.key))
    options.wrong(
      `by lacks '${stream.key}', by which the stream is cut into partitions.`,
      `Add '${stream.key}' to by${metric.by.includes(stream.key) ? '' : ' of the metric and of the rule'}.`,
      'by',
    )
  return by
}

function pooledField(
  options: Options,
  stat: Stat,
  metric: CompiledMetric,
  by: readonly string[],
): string | null {
  const across = options.get('across')
  if (across === undefined) return null
  const rest = metric.by.filter((field) => !by.includes(field))
  if (typeof across !== 'string' || !rest.includes(across)) {
    const todo =
      rest.length > 0
        ? suggest(String(across), rest)
        : "Say with by which of the metric's fields an alert is for."
    options.wrong(`across is ${show(across)}, no field of the metric that by leaves over.`, todo, 'across')
    return null
  }
  if (stat !== 'ratio')
    options.wrong(`across is for shares, and stat is ${show(stat)}.`, 'Remove across.', 'across')
  return across
}
