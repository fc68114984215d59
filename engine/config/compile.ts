/**
 * Compiles a configuration as written into plain data, and finds every mistake in one pass. Pure: the texts of
 * check files come in as an argument. Read first in this folder.
 */
import { shortHash } from './canonical.ts'
import type { Channel } from './channel.ts'
import { coverageMetrics } from './built-in-metric.ts'
import { compileBoard } from './compile-board.ts'
import { channelName, compileChannel } from './compile-channel.ts'
import { compileCheck, compileCheckFile } from './compile-check.ts'
import { compileMetric } from './compile-metric.ts'
import { compileProxies } from './compile-proxy.ts'
import { compileRule } from './compile-rule.ts'
import { compileStream } from './compile-stream.ts'
import type {
  CompiledChannel,
  CompiledCheck,
  CompiledConfig,
  CompiledMetric,
  CompiledStream,
} from './compiled.ts'
import type { Authored } from './define.ts'
import { withMerged } from './merged-stream.ts'
import type { Metric } from './metric.ts'
import { show, type Mistake } from './mistake.ts'
import { Options } from './options.ts'
import type { Proxy } from './proxy.ts'
import type { Rule } from './rule.ts'
import { accounting } from './accounting.ts'
import { fields } from './fields.ts'
import { runs } from './runs.ts'
import type { CheckFile } from './site-check.ts'
import { plain, type Stream } from './stream.ts'

const OPTIONS = ['namespace', 'rules', 'metrics', 'streams', 'scrapers', 'proxies', 'checks', 'board']
const BUILT_IN: readonly (readonly [Stream, string])[] = [
  [runs, 'scraper runs'],
  [fields, 'the fields that scraper runs read'],
  [accounting, 'what became of every row'],
]
/** Names of streams that the engine itself writes. */
const INTERNAL = ['alerts', 'weir']
const NAMESPACE = /^[a-z][a-z0-9_-]{0,39}$/

export interface Surroundings {
  /** Overrides the namespace of the config. */
  namespace?: string
  /** What a `fromFile` path holds; null where it cannot be read. */
  checkFile: (path: string) => CheckText | null
}

/** What a `fromFile` path holds, or why it is not read. */
export type CheckText = { file: string; text: string } | { why: string; todo: string }

const UNREADABLE = { why: 'cannot be read', todo: 'The path is relative to the config file.' }

/** The config is complete only when there is no mistake. */
export function compile(
  authored: Authored,
  around: Surroundings,
): { config: CompiledConfig; mistakes: Mistake[] } {
  const mistakes: Mistake[] = []
  const options = new Options(
    { name: 'defineConfig', source: authored.source },
    authored.spec,
    OPTIONS,
    mistakes,
  )
  const board = plain(options.get('board'))
  const rules = valuesOf<Rule>(options, 'rules', ['threshold', 'spike', 'noData', 'drift', 'atRisk'])
  const shown = [board['headline'], ...listOf(board['promises']), ...listOf(board['numbers'])]
  const named = [
    ...rules.map((rule) => rule.metric),
    ...valuesOf<Metric>(options, 'metrics', ['metric']),
    ...shown.map((part) => plain(part)['of']),
  ]
  const scrapers = compileGlobs(options)
  if (scrapers.length > 0) named.push(...coverageMetrics())
  const metrics = [...new Set(named)].filter((value): value is Metric => kindOf(value) === 'metric')
  const own = valuesOf<Stream>(options, 'streams', ['stream'])
  const streams = compileStreams(
    [runs, fields, ...own, ...metrics.map((metric) => metric.stream as Stream)],
    mistakes,
  )
  const compiled = compileMetrics(metrics, streams, mistakes)
  const find = (value: unknown): CompiledMetric | null => compiled.get(value as Metric) ?? null
  const proxies = compileProxies(valuesOf<Proxy>(options, 'proxies', ['proxy']), mistakes)
  const { channels, ...ruled } = compileRules(rules, find, streams, mistakes)
  const config: Omit<CompiledConfig, 'hash'> = {
    version: 1,
    namespace: compileNamespace(options, around.namespace),
    streams: withMerged([...streams.values()], [...compiled.values()]),
    metrics: [...compiled.values()],
    rules: ruled.rules,
    channels,
    ...(proxies.length > 0 && { proxies }),
    checks: compileChecks(options, around, mistakes),
    scrapers,
    board: compileBoard(options.get('board'), authored.source, find, mistakes),
  }
  return { config: { ...config, hash: shortHash(config) }, mistakes }
}

/** The `fromFile` values of a config, for whoever reads them. */
export function checkFiles(authored: Authored): CheckFile[] {
  const checks = authored.spec['checks']
  return (Array.isArray(checks) ? checks : [checks]).filter(
    (one): one is CheckFile => kindOf(one) === 'checks',
  )
}

function compileStreams(streams: Stream[], mistakes: Mistake[]): Map<Stream, CompiledStream> {
  const compiled = new Map<Stream, CompiledStream>()
  for (const stream of new Set(streams)) {
    const one = compileStream(stream, mistakes)
    const source = stream.source
    const same = [...compiled.values()].some((other) => other.name === one.name && one.name !== '?')
    const todo = 'Give it another name.'
    const wrong = (what: string): void => {
      mistakes.push({ source, what: `stream '${one.name}': ${what}`, todo, word: show(one.name) })
    }
    const [, what] = BUILT_IN.find(([known]) => known.name === one.name && known !== stream) ?? []
    if (what !== undefined) wrong(`'${one.name}' is the built-in stream of ${what}.`)
    else if (INTERNAL.includes(one.name)) wrong('the engine writes a stream of this name itself.')
    else if (same) wrong('another stream has this name.')
    compiled.set(stream, one)
  }
  return compiled
}

function compileMetrics(
  metrics: Metric[],
  streams: Map<Stream, CompiledStream>,
  mistakes: Mistake[],
): Map<Metric, CompiledMetric> {
  const compiled = new Map<Metric, CompiledMetric>()
  for (const metric of metrics) {
    const stream = streams.get(metric.stream as Stream)
    if (!stream) continue
    const one = compileMetric(metric, stream, mistakes)
    if ([...compiled.values()].some((other) => other.name === one.name && one.name !== '?'))
      mistakes.push({
        source: metric.source,
        what: `metric '${one.name}': another metric has this name.`,
        todo: 'Give it another name; metric names are unique over the whole config.',
        word: show(one.name),
      })
    compiled.set(metric, one)
  }
  return compiled
}

function compileRules(
  rules: Rule[],
  find: (value: unknown) => CompiledMetric | null,
  streams: Map<Stream, CompiledStream>,
  mistakes: Mistake[],
): Pick<CompiledConfig, 'rules' | 'channels'> {
  const channels = new Set<Channel>()
  const taken = new Map<string, number>()
  const compiled = rules.map((rule) => {
    const metric = find(rule.metric)
    const stream = streams.get(plain(rule.metric)['stream'] as Stream)
    if (metric && stream)
      return compileRule(rule, { metric, stream, taken, channels, nameOf: channelName, mistakes })
    mistakes.push({
      source: rule.source,
      what: `${rule.kind}(): ${show(rule.metric)} is no metric.`,
      todo: `Pass a metric value: ${rule.kind}(volume, {...}), with const volume = trades.metric(...).`,
      word: undefined,
    })
    return null
  })
  return { rules: compiled.filter((rule) => rule !== null), channels: compileChannels(channels, mistakes) }
}

function compileChannels(channels: Set<Channel>, mistakes: Mistake[]): CompiledChannel[] {
  const compiled: CompiledChannel[] = []
  for (const channel of channels) {
    const one = compileChannel(channel, mistakes)
    const other = compiled.find(({ name }) => name === one.name)
    const same = other?.kind === one.kind && other.env === one.env
    if (other && !same && one.name !== '?')
      mistakes.push({
        source: channel.source,
        what: `${one.kind}(): another channel is named '${one.name}'.`,
        todo: `Give it its own name: ${one.kind}('${one.env}', { name: '...' }).`,
        word: undefined,
      })
    if (!same) compiled.push(one)
  }
  return compiled
}

function compileChecks(options: Options, around: Surroundings, mistakes: Mistake[]): CompiledCheck[] {
  const taken = new Set<string>()
  const { source } = options.subject
  return options.list('checks', true).flatMap((written, i) => {
    if (kindOf(written) !== 'checks')
      return [compileCheck({ name: `check ${i + 1}`, source }, written, taken, mistakes)]
    const { path, source: at } = written as CheckFile
    const read = around.checkFile(path) ?? UNREADABLE
    if ('text' in read) return compileCheckFile(read.file, read.text, taken, mistakes)
    const { why, todo } = read
    mistakes.push({ source: at, what: `fromFile(): ${show(path)} ${why}.`, todo, word: undefined })
    return []
  })
}

function compileNamespace(options: Options, override: string | undefined): string {
  const namespace = override ?? options.text('namespace', 'weir')
  if (!NAMESPACE.test(namespace))
    options.wrong(
      `namespace is ${show(namespace)}${override === undefined ? '' : ' (from WEIR_NAMESPACE)'}.`,
      'Use a small letter, then up to 39 small letters, digits, _ or -.',
      override === undefined ? 'namespace' : undefined,
    )
  return namespace
}

function compileGlobs(options: Options): string[] {
  return options.list('scrapers', true).filter((glob): glob is string => {
    if (typeof glob === 'string' && glob !== '') return true
    options.wrong(`scrapers has ${show(glob)}.`, "Write globs, such as './scrapers/*.ts'.", 'scrapers')
    return false
  })
}

function valuesOf<T>(options: Options, name: string, kinds: readonly string[]): T[] {
  return options.list(name).filter((value): value is T => {
    if (kinds.includes(kindOf(value))) return true
    const makers = kinds.map((kind) => (kind === 'metric' ? 'trades.metric(...)' : `${kind}(...)`))
    options.wrong(`${name} has ${show(value)}.`, `Put in what ${makers.join(', ')} gives.`, name)
    return false
  })
}

function kindOf(value: unknown): string {
  const kind = value !== null && typeof value === 'object' ? (value as { kind?: unknown }).kind : undefined
  return typeof kind === 'string' ? kind : ''
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}
