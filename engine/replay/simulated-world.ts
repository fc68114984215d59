/** What came of a simulation: alerts in order, and windows, series and counts to ask for. */
import type { LostRow, Outputs, Small } from '../commit/folding.ts'
import type { CompiledConfig, CompiledMetric, CompiledStream, Stat } from '../config/compiled.ts'
import { type Duration, parseDuration } from '../config/duration.ts'
import { RUNG_MS } from '../config/window.ts'
import { partitionKeys } from '../stream/keys.ts'
import type { KpiRow, StreamAccounting } from '../view/reader.ts'
import { querySeries, refused, unknownMetric } from '../view/series-query.ts'
import type { TimedChange } from './alert-log.ts'
import { MemorySeries } from './memory-series.ts'
import { type Time, timeOf } from './simulated-events.ts'
import { ViewHistory } from './view-history.ts'

/** A row that was not counted, with its reason. */
export interface LostEvent extends LostRow {
  stream: string
  partition: number
  /** Log time at which it was refused, ms. */
  at: number
}

export type Accounting = Pick<
  StreamAccounting,
  'counted' | 'duplicate' | 'late' | 'dead' | 'missing' | 'forwarded'
>

export interface WindowsQuery {
  /** As of when (event time): the window as it was last read by then. Default: at the end. */
  at?: Time
  /** Default: the metric's first window. */
  window?: string
  /** Exact match on the fields given. */
  group?: Readonly<Record<string, string>>
}

export interface SimulatedSeriesQuery {
  /** Default: the metric's first stat. */
  stat?: Stat
  /** Default: everything. */
  from?: Time
  to?: Time
  /** A multiple of a rung the metric keeps; default: the finest. */
  step?: Duration
  /** Exact match on the fields given; several matching groups are merged where the stat allows it. */
  group?: Readonly<Record<string, string>>
}

export interface Simulation {
  /** Every change of every alert, in order; `at` is when it was told (log time, ms). */
  readonly alerts: readonly TimedChange[]
  /** Per stream; events sent = counted + late + dead. */
  readonly accounting: Readonly<Record<string, Accounting>>
  readonly dead: readonly LostEvent[]
  readonly late: readonly LostEvent[]
  /** Values of a window by group. Throws WEIR_METRIC_UNKNOWN and WEIR_QUERY. */
  windows(metric: string, query?: WindowsQuery): KpiRow[]
  /** Points [start of step in ms, value], oldest first; a gap has none. Rejects as `windows` throws. */
  series(metric: string, query?: SimulatedSeriesQuery): Promise<[number, number][]>
}

/** Gathers what the folds put out. */
export class SimulatedWorld implements Simulation {
  readonly alerts: TimedChange[] = []
  readonly accounting: Record<string, Accounting> = {}
  readonly dead: LostEvent[] = []
  readonly late: LostEvent[] = []
  private readonly config: CompiledConfig
  private readonly until: number
  private readonly store = new MemorySeries()
  private readonly views = new Map<string, ViewHistory>()
  private first = Number.POSITIVE_INFINITY
  private last = Number.NEGATIVE_INFINITY

  constructor(config: CompiledConfig, until: number) {
    this.config = config
    this.until = until
  }

  windows(name: string, query: WindowsQuery = {}): KpiRow[] {
    const metric = this.metric(name)
    const window =
      query.window === undefined ? metric.windows[0] : metric.windows.find((w) => w.name === query.window)
    if (!window) {
      const known = metric.windows.map((w) => w.name).join(', ')
      throw refused(`${name} has no window ${query.window ?? ''}.`, `It has ${known}.`)
    }
    const at = query.at === undefined ? this.until : timeOf(query.at, 'at')
    const spike = this.config.rules.find(
      (rule) => rule.kind === 'spike' && rule.metric === name && rule.window === window.name,
    )
    const wanted = Object.entries(this.grouped(metric, query.group))
    return this.histories(metric)
      .flatMap((history) => history.rows(metric, window, at, spike?.stat ?? null))
      .filter(({ group }) => wanted.every(([field, value]) => group[field] === value))
  }

  async series(name: string, query: SimulatedSeriesQuery = {}): Promise<[number, number][]> {
    const metric = this.metric(name)
    const finest = metric.series[0] === undefined ? 0 : RUNG_MS[metric.series[0]]
    const step = query.step === undefined ? finest : (parseDuration(query.step) ?? Number.NaN)
    if (!(step > 0))
      throw refused(`the step is ${String(query.step)}.`, `Kept are ${metric.series.join(', ')}.`)
    const from = query.from === undefined ? Math.floor(this.first / step) * step : timeOf(query.from, 'from')
    const to = query.to === undefined ? this.last + 1 : timeOf(query.to, 'to')
    if (!(to > from) && query.from === undefined && query.to === undefined) return []
    const stat = query.stat ?? metric.stats[0]!
    const group = this.grouped(metric, query.group)
    const { namespace } = this.config
    const asked = { metric: name, stat, from, to, step, group }
    return (await querySeries(this.store, namespace, this.config, asked)).points
  }

  /** What one step of one partition put out, at log time `ms`. */
  add(stream: CompiledStream, partition: number, outputs: Outputs, ms: number): void {
    const keys = partitionKeys(this.config.namespace, stream.name, partition)
    for (const block of outputs.closed) {
      this.store.add(keys, block)
      this.first = Math.min(this.first, block.at)
      this.last = Math.max(this.last, block.at)
    }
    const name = `${stream.name}.${partition}`
    const view = this.views.get(name) ?? new ViewHistory(keys)
    this.views.set(name, view)
    view.add(outputs.view)
    for (const kind of ['dead', 'late'] as const)
      for (const row of outputs[kind]) this[kind].push({ stream: stream.name, partition, at: ms, ...row })
  }

  /** The counts of one partition at the end. */
  account(stream: CompiledStream, small: Small): void {
    const sum = (this.accounting[stream.name] ??= {
      counted: 0,
      duplicate: 0,
      late: 0,
      dead: 0,
      missing: 0,
      forwarded: 0,
    })
    for (const name of Object.keys(sum) as (keyof Accounting)[]) sum[name] += small[name]
  }

  private metric(name: string): CompiledMetric {
    const metric = this.config.metrics.find((one) => one.name === name)
    if (!metric) throw unknownMetric(name, this.config)
    return metric
  }

  private grouped(metric: CompiledMetric, group: WindowsQuery['group'] = {}): Record<string, string> {
    for (const field of Object.keys(group)) {
      if (metric.by.includes(field)) continue
      const known = metric.by.join(', ') || 'nothing'
      throw refused(`${metric.name} is not grouped by ${field}.`, `It is grouped by ${known}.`)
    }
    return group
  }

  private histories(metric: CompiledMetric): ViewHistory[] {
    const { partitions } = this.config.streams.find((stream) => stream.name === metric.stream)!
    return Array.from({ length: partitions }, (_, i) => this.views.get(`${metric.stream}.${i}`) ?? []).flat()
  }
}
