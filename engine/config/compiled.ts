/**
 * The compiled configuration: plain data, no functions, so that it can be hashed, logged and replayed.
 * All durations and times are milliseconds. The folds read this and nothing else of the user's config.
 */

export const STATS = [
  'count',
  'rate',
  'sum',
  'mean',
  'min',
  'max',
  'stddev',
  'ratio',
  'distinct',
  'p50',
  'p75',
  'p90',
  'p95',
  'p99',
  'p999',
] as const
export type Stat = (typeof STATS)[number]
/** Stats that need no `of`: they are of the events themselves. */
export const STATS_OF_EVENTS: readonly Stat[] = ['count', 'rate', 'ratio']

/** Pane sizes of the ladder, finest first. */
export const RUNGS = ['10s', '1m', '10m', '1h', '1d'] as const
export type Rung = (typeof RUNGS)[number]

export type Scalar = string | number | boolean
/** One test on one field; all given keys must hold. `null` and absent values satisfy nothing but `not`. */
export interface FieldTest {
  is?: Scalar
  not?: Scalar | Scalar[]
  in?: Scalar[]
  above?: number
  below?: number
  atLeast?: number
  atMost?: number
}
/** A condition over the fields of one event: every field test must hold. */
export type Condition = Record<string, FieldTest>

/** `at`: server log time is the clock (default). `event`: history being loaded, the watermark is the clock. */
export type Clock = 'live' | 'event'

export interface CompiledStream {
  name: string
  /** Field whose value chooses the partition. */
  key: string
  /** Field with the event time (ms since 1970), or null: the log time of the entry. */
  time: string | null
  clock: Clock
  lateness: number
  disorder: number
  partitions: number
  retention: { age: number; bytes: number }
  /** JSON Schema (2020-12) of one event: an object of scalar or string-array properties. */
  schema: JsonSchema
  /** Short hash of `schema`; travels in every entry. */
  schemaVersion: string
  /** The stream whose partitions' partial results come together here; nobody but the engine writes to it. */
  merges?: string
}

export interface JsonSchema {
  type: 'object'
  properties: Record<string, Record<string, unknown>>
  required?: string[]
  additionalProperties?: boolean
  [keyword: string]: unknown
}

export interface CompiledWindow {
  /** As written, such as `5m`; the name used in URLs. */
  name: string
  size: number
  slide: number
  /** The coarsest rung that divides size and slide. */
  rung: Rung
}

export interface CompiledMetric {
  /** Unique over the whole config; the name used in URLs. */
  name: string
  stream: string
  by: string[]
  /** Field that all stats but those of events are taken of: a number field, unless only `distinct` is. */
  of: string | null
  where: Condition | null
  /** Where there is one: events that do not pass are none of this metric's. */
  among?: Condition
  stats: Stat[]
  windows: CompiledWindow[]
  /** Rungs kept as series. */
  series: Rung[]
  title: string
  unit: string
  /** Short hash of everything that state depends on (not title, unit): same hash = state is kept. */
  hash: string
}

interface RuleBase {
  /** Unique; default `<kind>-<metric>`, with a number where that is taken. */
  id: string
  metric: string
  stat: Stat
  window: string
  severity: 'critical' | 'warning'
  /** Names of channels. */
  notify: string[]
  /** Sentence with `{placeholders}`: group fields, fields of the newest matching event, value, normal, limit. Null: default. */
  says: string | null
  /** How long the condition must hold (event time) before the verdict fires. */
  for: number
  hash: string
}
export interface ThresholdRule extends RuleBase {
  kind: 'threshold'
  above: number | null
  below: number | null
  /** Level at which a firing verdict becomes ok again; null: the limit itself. */
  clear: number | null
  /** Fewer events than this in the window: unknown. */
  minSamples: number
}
export interface SpikeRule extends RuleBase {
  kind: 'spike'
  times: number
  /** Length of the baseline; the window under test is kept out of it. */
  over: number
  minSamples: number
  /** Values below this never fire. */
  floor: number
}
export interface NoDataRule extends RuleBase {
  kind: 'noData'
}
export interface DriftRule extends RuleBase {
  kind: 'drift'
  /** Length of the history; the window under test is kept out of it. */
  over: number
  /** Fields of the metric's `by` in their order: there is one alert for each of their values. */
  by: string[]
  /** Field of the metric's `by` over whose values shares are judged together as well, or null. */
  across: string | null
  /** Shares: how much they must differ, 0.2 being 20 points. */
  change: number
  direction: 'up' | 'down' | 'both'
  /** Fewer events than these in the window, or in the history: unknown. */
  minSamples: number
  minHistory: number
}
/** Over the runs of a batch: each day a set of scrapers that are all to be right by a time. */
export interface AtRiskRule extends RuleBase {
  kind: 'atRisk'
  batch: string
  /** Names, or null: all of `fleet`. */
  scrapers: string[] | null
  fleet: string | null
  /** Minutes after midnight in `timeZone`. A deadline at or before the start is on the next day. */
  start: number
  deadline: number
  timeZone: string
  /** Days on which it begins, 0 = Sunday. */
  days: number[]
}
export type CompiledRule = ThresholdRule | SpikeRule | NoDataRule | DriftRule | AtRiskRule
/** Rules that hold a window against the time before it. */
export type HistoryRule = SpikeRule | DriftRule

export function readsHistory(rule: CompiledRule): rule is HistoryRule {
  return rule.kind === 'spike' || rule.kind === 'drift'
}

export interface CompiledChannel {
  name: string
  kind: 'slack' | 'webhook'
  /** Name of the environment variable that holds the URL. The URL itself is never in the config. */
  env: string
}

/** A website check declared in config or in a CSV file. */
export interface CompiledCheck {
  name: string
  url: string
  /** Interval in ms, or a cron expression. */
  every: number | string
  /** Expected status, default 200. */
  status: number
  /** Regular expression source the body must match, or null. */
  match: string | null
  timeout: number
  fleet: string
  /** Whether robots.txt is asked, where that is not left to the address. */
  robots?: 'obey' | `ignore: ${string}`
}

export interface CompiledProxy {
  name: string
  /** Environment variable that holds the address. */
  env: string
  /** Two letters, lower case. */
  country: string | null
}

export interface CompiledPromise {
  title: string
  metric: string
  stat: Stat
  window: string
  group: Record<string, string>
  /** Kept when now >= target (`atLeast`) or now <= target (`atMost`). */
  direction: 'atLeast' | 'atMost'
  target: number
}
export interface CompiledNumber {
  title: string
  metric: string
  stat: Stat
  window: string
  group: Record<string, string>
}
export interface CompiledBoard {
  title: string
  /** Subjects of the headline are the groups of `metric`, named by group field `field`: "6 of 8 <noun> fine." */
  headline: { metric: string; field: string; noun: string } | null
  promises: CompiledPromise[]
  numbers: CompiledNumber[]
}

export interface CompiledConfig {
  version: 1
  namespace: string
  streams: CompiledStream[]
  metrics: CompiledMetric[]
  rules: CompiledRule[]
  channels: CompiledChannel[]
  checks: CompiledCheck[]
  /** Globs of scraper files, relative to the config file. */
  scrapers: string[]
  board: CompiledBoard
  /** Where there are any. */
  proxies?: CompiledProxy[]
  /** Short hash over all of the above. */
  hash: string
}
