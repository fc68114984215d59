/** `defineConfig()`: the whole configuration as one value, with the board's parts typed by the metrics they show. */
import type { Metric } from './metric.ts'
import type { Proxy } from './proxy.ts'
import type { Rule } from './rule.ts'
import type { CheckFile, SiteCheck } from './site-check.ts'
import { callerOf, type Source } from './source.ts'
import { plain } from './stream.ts'

/** The value of one metric: which stat, over which window, of which group. */
interface Shown<M extends Metric> {
  title: string
  of: M
  /** Default: the metric's first stat. */
  stat?: M['stats'][number]
  /** Default: the metric's shortest window. */
  window?: M['windows'][number]
  group?: { readonly [K in M['by'][number]]?: string }
}
type PromiseSpec<M extends Metric> = Shown<M> &
  ({ atLeast: number; atMost?: never } | { atMost: number; atLeast?: never })

export interface BoardSpec<H extends Metric, P extends readonly Metric[], N extends readonly Metric[]> {
  title?: string
  /** "6 of 8 banks fine": one subject per value of `field` in the groups of `of`. */
  headline?: { of: H; field: H['by'][number]; noun: string }
  /** At most three. */
  promises?: readonly [...{ [I in keyof P]: PromiseSpec<P[I]> }]
  /** At most seven. */
  numbers?: readonly [...{ [I in keyof N]: Shown<N[I]> }]
}

export interface ConfigSpec<H extends Metric, P extends readonly Metric[], N extends readonly Metric[]> {
  /** Prefix of every Redis key; default `weir`. WEIR_NAMESPACE overrides it. */
  namespace?: string
  rules?: readonly Rule[]
  /** Metrics that no rule and no part of the board names. */
  metrics?: readonly Metric[]
  /** Streams without a metric. */
  streams?: readonly { readonly kind: 'stream' }[]
  /** Globs of scraper files, relative to the config file. */
  scrapers?: string | readonly string[]
  /** Other ways out, which scrapers may choose by `exit`. */
  proxies?: readonly Proxy[]
  checks?: CheckFile | readonly (SiteCheck | CheckFile)[]
  board?: BoardSpec<H, P, N>
}

/** A configuration as written, not yet checked. */
export interface Authored {
  readonly kind: 'config'
  readonly spec: Readonly<Record<string, unknown>>
  readonly source: Source | null
}

export function defineConfig<
  H extends Metric,
  const P extends readonly Metric[] = [],
  const N extends readonly Metric[] = [],
>(spec: ConfigSpec<H, P, N>): Authored {
  return { kind: 'config', spec: plain(spec), source: callerOf(defineConfig) }
}
