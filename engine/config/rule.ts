/** Rules as values: a condition over the windows of one metric, and whom to tell. */
import { RIGHT_RUNS } from './built-in-metric.ts'
import type { Channel } from './channel.ts'
import type { Stat } from './compiled.ts'
import type { Duration } from './duration.ts'
import type { Metric } from './metric.ts'
import { callerOf, type Source } from './source.ts'
import { plain } from './stream.ts'

export interface RuleOptions<S extends Stat, Win extends string> {
  /** Default: the metric's first stat. */
  stat?: S
  /** Default: the metric's shortest window. */
  window?: Win
  /** Unique; default `<kind>-<metric>`. */
  name?: string
  notify?: Channel | readonly Channel[]
  /** Default `warning`. */
  severity?: 'critical' | 'warning'
  /** The sentence, with `{placeholders}`: group fields, fields of the newest event, value, normal, limit. */
  says?: string
}

export type ThresholdOptions<S extends Stat, Win extends string> = RuleOptions<S, Win> &
  ({ above: number; below?: never } | { below: number; above?: never }) & {
    /** Level at which a firing rule becomes ok again; default the limit itself. */
    clear?: number
    /** How long the condition must hold; default 0s. */
    for?: Duration
    /** Fewer events than this in the window: unknown. Default 1. */
    minSamples?: number
  }

export interface SpikeOptions<S extends Stat, Win extends string> extends RuleOptions<S, Win> {
  /** Fires above this many times the baseline; default 3. */
  times?: number
  /** Length of the baseline, the window under test kept out of it; default 1h. */
  over?: Duration
  for?: Duration
  /** Fewer events than this in the window: unknown. Default 3. */
  minSamples?: number
  /** Values below this never fire; default 0. */
  floor?: number
}

export interface NoDataOptions<S extends Stat, Win extends string> extends RuleOptions<S, Win> {
  /** Fires when a group that was there has sent nothing for this long. */
  for: Duration
}

export interface DriftOptions<By extends string, S extends Stat, Win extends string> extends RuleOptions<
  S,
  Win
> {
  /** Length of the history, the window under test kept out of it; default 1d. */
  over?: Duration
  /** One alert for each value of these of the metric's fields, naming the groups within; default: all of them. */
  by?: readonly By[]
  /** Judges shares over all values of this field together too: one run each of many scrapers tells already. */
  across?: By
  /** How much a share must differ from its history; default 0.2, which is 20 points. */
  change?: number
  /** Which way counts; default `both`. */
  direction?: 'up' | 'down' | 'both'
  for?: Duration
  /** Fewer events than this in the window: unknown. Default 3. */
  minSamples?: number
  /** Fewer events than this in the history: unknown. Default 20. */
  minHistory?: number
}

type TimeOfDay = `${number}:${number}`

export type AtRiskOptions = Omit<RuleOptions<never, never>, 'stat' | 'window'> &
  ({ fleet: string; scrapers?: never } | { scrapers: readonly string[]; fleet?: never }) & {
    /** From when on a right run counts, such as `06:00`. */
    start: TimeOfDay
    /** By when every scraper is to be right; at or before the start it is meant on the next day. */
    deadline: TimeOfDay
    /** Of both; default UTC. */
    timeZone?: string
    /** Days on which it begins; default every day. */
    days?: readonly ('mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun')[]
    /** How long it must look so; default 2m. */
    for?: Duration
  }

export interface Rule {
  readonly kind: 'threshold' | 'spike' | 'noData' | 'drift' | 'atRisk'
  readonly metric: unknown
  readonly options: Readonly<Record<string, unknown>>
  readonly source: Source | null
}

/** Fires while a window's value is above or below a level. */
export function threshold<S extends Stat, Win extends string>(
  metric: Metric<string, S, Win>,
  options: ThresholdOptions<NoInfer<S>, NoInfer<Win>>,
): Rule {
  return { kind: 'threshold', metric, options: plain(options), source: callerOf(threshold) }
}

/** Fires while a window's value is several times what it lately was. */
export function spike<S extends Stat, Win extends string>(
  metric: Metric<string, S, Win>,
  options: SpikeOptions<NoInfer<S>, NoInfer<Win>> = {},
): Rule {
  return { kind: 'spike', metric, options: plain(options), source: callerOf(spike) }
}

/** Fires when nothing comes any more. */
export function noData<S extends Stat, Win extends string>(
  metric: Metric<string, S, Win>,
  options: NoDataOptions<NoInfer<S>, NoInfer<Win>>,
): Rule {
  return { kind: 'noData', metric, options: plain(options), source: callerOf(noData) }
}

/**
 * Fires while a group is not what it was: a share (`ratio`) differs by more than chance, all values (`mean`, `min`,
 * `max`) lie beyond its range, or values came (`distinct`) that its history does not know.
 */
export function drift<By extends string, S extends Stat, Win extends string>(
  metric: Metric<By, S, Win>,
  options: DriftOptions<NoInfer<By>, NoInfer<S>, NoInfer<Win>> = {},
): Rule {
  return { kind: 'drift', metric, options: plain(options), source: callerOf(drift) }
}

/** Fires when a batch of scrapers will, at its pace, not all be right by their deadline, or were not. */
export function atRisk(batch: string, options: AtRiskOptions): Rule {
  const source = callerOf(atRisk)
  return { kind: 'atRisk', metric: RIGHT_RUNS, options: { ...plain(options), batch }, source }
}
