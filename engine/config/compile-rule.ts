/** Compiles a rule: which stat over which window of its metric, its limits, and the channels it tells. */
import { shortHash } from './canonical.ts'
import type { Channel } from './channel.ts'
import { BATCH_OPTIONS, compileBatch } from './compile-batch.ts'
import { compileDrift, DRIFT_OPTIONS } from './compile-drift.ts'
import type { CompiledMetric, CompiledRule, CompiledStream, CompiledWindow, Stat } from './compiled.ts'
import { formatDuration } from './duration.ts'
import { show, type Mistake } from './mistake.ts'
import { suggest } from './nearest.ts'
import { NAME, Options } from './options.ts'
import type { Rule } from './rule.ts'
import { baselineRung } from '../window/metric-state.ts'
import { fitWindow, RUNG_MS } from './window.ts'

const COMMON = ['stat', 'window', 'name', 'notify', 'severity', 'says', 'for']
const OPTIONS: Record<Rule['kind'], readonly string[]> = {
  threshold: [...COMMON, 'above', 'below', 'clear', 'minSamples'],
  spike: [...COMMON, 'times', 'over', 'minSamples', 'floor'],
  noData: COMMON,
  drift: [...COMMON, ...DRIFT_OPTIONS],
  atRisk: ['name', 'notify', 'severity', 'says', 'for', ...BATCH_OPTIONS],
}
const HOUR = 3_600_000
const DAY = 24 * HOUR
/** A pace is seen over minutes, ms. */
const BATCH_HOLD = 120_000

/** `channels` collects the channels that rules name; `taken` the ids of earlier rules, each with its last number. */
export interface RuleContext {
  metric: CompiledMetric
  stream: CompiledStream
  taken: Map<string, number>
  channels: Set<Channel>
  nameOf: (channel: Channel) => string
  mistakes: Mistake[]
}

export function compileRule(rule: Rule, context: RuleContext): CompiledRule {
  const { metric, mistakes } = context
  const batch = rule.kind === 'atRisk' ? String(rule.options['batch']) : null
  const of =
    batch === null ? `${rule.kind} of metric '${metric.name}'` : `${rule.kind}('${batch.slice(0, 80)}')`
  const subject = { name: of, source: rule.source }
  const options = new Options(subject, rule.options, OPTIONS[rule.kind], mistakes)
  // Fallbacks only let the rest be checked: with a mistake nothing of this is used.
  const stat = chooseStat(options, metric) ?? 'count'
  const window = chooseWindow(options, metric) ?? { name: '?', size: 0, slide: 0, rung: '10s' }
  const base = {
    id: ruleId(options, `${rule.kind}-${batch ?? metric.name}`, context.taken),
    metric: metric.name,
    stat,
    window: window.name,
    severity: options.choice('severity', ['critical', 'warning'], 'warning'),
    notify: notified(options, context),
    says: checkSentence(options, context.stream, batch === null ? [] : ['batch']),
    for: options.duration('for', batch === null ? 0 : BATCH_HOLD),
  }
  const limits = ruleLimits(rule.kind, options, stat, window, context)
  const { size, slide } = window
  const hash = shortHash({ metric: metric.hash, stat, size, slide, for: base.for, limits })
  return { ...base, ...limits, hash }
}

type Limits<R> = R extends CompiledRule
  ? Omit<R, 'id' | 'metric' | 'stat' | 'window' | 'severity' | 'notify' | 'says' | 'for' | 'hash'>
  : never

function ruleLimits(
  kind: Rule['kind'],
  options: Options,
  stat: Stat,
  window: CompiledWindow,
  { metric, stream }: RuleContext,
): Limits<CompiledRule> {
  switch (kind) {
    case 'threshold':
      return { kind, ...checkLevels(options, stat), minSamples: samples(options, 1) }
    case 'spike':
      return {
        kind,
        times: options.number('times', 3, { min: 1 }),
        over: checkBaseline(options, window, stat, HOUR),
        minSamples: samples(options, 3),
        floor: options.number('floor', 0),
      }
    case 'noData':
      if (options.get('for') === undefined)
        options.wrong('for is missing.', "Say how long nothing may come, such as for: '10m'.")
      return { kind }
    case 'drift':
      return {
        kind,
        // How many different values came in how long matters to spikes alone.
        over: checkBaseline(options, window, stat === 'distinct' ? 'count' : stat, DAY),
        ...compileDrift(options, stat, metric, stream),
      }
    case 'atRisk':
      return { kind, ...compileBatch(options) }
  }
}

/** The stat named, else the metric's first. */
export function chooseStat(options: Options, metric: CompiledMetric): Stat | null {
  const written = options.get('stat')
  const stat = written === undefined ? metric.stats[0] : metric.stats.find((one) => one === written)
  if (stat === undefined && metric.stats.length > 0)
    options.wrong(
      `stat is ${show(written)}, which metric '${metric.name}' does not have.`,
      suggest(String(written), metric.stats),
      show(written),
    )
  return stat ?? null
}

/** The window named, else the metric's shortest. */
export function chooseWindow(options: Options, metric: CompiledMetric): CompiledWindow | null {
  const written = options.get('window')
  const shortest = metric.windows.toSorted((a, b) => a.size - b.size)[0]
  const window = written === undefined ? shortest : metric.windows.find((one) => one.name === written)
  if (window === undefined && metric.windows.length > 0) {
    const names = metric.windows.map((one) => one.name)
    options.wrong(
      `window is ${show(written)}, which metric '${metric.name}' does not have.`,
      `Use ${names.join(' or ')}, or add it to the metric's windows.`,
      show(written),
    )
  }
  return window ?? null
}

/** A ratio is between 0 and 1: 90 for 90 % is a common slip. */
export function checkShare(options: Options, name: string, stat: Stat, level: number | null): void {
  if (stat === 'ratio' && level !== null && (level < 0 || level > 1))
    options.wrong(`${name} is ${level}, but a ratio is between 0 and 1.`, 'Write 0.9 for 90 %.', name)
}

function checkLevels(
  options: Options,
  stat: Stat,
): { above: number | null; below: number | null; clear: number | null } {
  const level = (name: string): number | null =>
    options.get(name) === undefined ? null : options.number(name, 0)
  const [above, below, clear] = [level('above'), level('below'), level('clear')]
  if ((above === null) === (below === null))
    options.wrong(
      above === null ? 'it has no limit.' : 'it has above and below.',
      'Give it one: above or below.',
    )
  checkShare(options, 'above', stat, above)
  checkShare(options, 'below', stat, below)
  const wrongSide = clear !== null && ((above !== null && clear > above) || (below !== null && clear < below))
  if (wrongSide)
    options.wrong(
      `clear is ${clear}, where the rule still fires.`,
      above !== null ? `Use ${above} or less.` : `Use ${below} or more.`,
      'clear',
    )
  return { above, below, clear }
}

function checkBaseline(options: Options, window: CompiledWindow, stat: Stat, fallback: number): number {
  const over = options.duration('over', fallback)
  const fit = fitWindow(formatDuration(over), over)
  if (over <= window.size)
    options.wrong(
      `over is ${formatDuration(over)}, not longer than its window of ${window.name}.`,
      'Use a longer baseline or a shorter window.',
      'over',
    )
  else if (!fit.ok) options.wrong(`over: ${formatDuration(over)} ${fit.why}.`, fit.todo, 'over')
  else if (stat === 'distinct' && window.size % RUNG_MS[baselineRung(over)] !== 0)
    options.wrong(
      `over is ${formatDuration(over)}, a baseline of ${baselineRung(over)} panes: how many different values came in ${window.name} cannot be told from them.`,
      `Use a shorter baseline, or a window of whole ${baselineRung(over)} panes.`,
      'over',
    )
  return over
}

function samples(options: Options, fallback: number): number {
  return options.number('minSamples', fallback, { min: 1, integer: true })
}

function ruleId(options: Options, fallback: string, taken: Map<string, number>): string {
  const name = options.get('name')
  let id = options.text('name', fallback)
  if (name !== undefined && !NAME.test(id))
    options.wrong(`name is ${show(name)}.`, 'Use letters, digits, _ or -.', 'name')
  else if (name !== undefined && taken.has(id))
    options.wrong(`name '${id}' is taken by another rule.`, 'Give it another name.', show(id))
  const first = id
  let n = taken.get(first) ?? 1
  while (taken.has(id)) id = `${first}-${++n}`
  taken.set(first, n).set(id, taken.get(id) ?? 1)
  return id
}

function notified(options: Options, context: RuleContext): string[] {
  const names = new Set<string>()
  for (const channel of options.list('notify', true)) {
    const kind = (channel as Partial<Channel> | null)?.kind
    if (kind !== 'slack' && kind !== 'webhook') {
      options.wrong(
        `notify is ${show(channel)}, no channel.`,
        "Use a channel value: const ops = slack('SLACK_WEBHOOK_URL'), then notify: ops.",
        'notify',
      )
      continue
    }
    context.channels.add(channel as Channel)
    names.add(context.nameOf(channel as Channel))
  }
  return [...names]
}

function checkSentence(options: Options, stream: CompiledStream, more: string[]): string | null {
  if (options.get('says') === undefined) return null
  const says = options.text('says', '')
  const known = ['value', 'normal', 'limit', ...more, ...Object.keys(stream.schema.properties)]
  for (const [, word = ''] of says.matchAll(/\{([^{}]*)\}/g))
    if (!known.includes(word))
      options.wrong(`says has the placeholder {${word}}.`, suggest(word, known), `{${word}}`)
  return says
}
