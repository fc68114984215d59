/**
 * What readers (API, wallboard, notifier) see of the engine. One Reader per process: it loads the
 * `view` of every partition, follows `live`, and re-reads where the predecessor commit is gone.
 */
import type { AccountsAnswer, AccountsQuery } from '../accounting/redis-accounts.ts'
import type { Alert, AlertChange } from '../alert/alert.ts'
import type { CompiledConfig, Rung, Stat } from '../config/compiled.ts'
import type { Audit } from '../control/audit.ts'
import type { BatchReport } from '../rule/batch-state.ts'

export interface KpiRow {
  group: Record<string, string>
  /** Event time as of which the window was read, ms. */
  asOf: number
  values: Partial<Record<Stat, number | null>>
  /** Only where a spike rule watches this metric and window: mean of the baseline and value / baseline. */
  baseline?: number | null
  ratio?: number | null
}
export interface KpiAnswer {
  metric: string
  stream: string
  unit: string
  window: { name: string; size: number; slide: number }
  rows: KpiRow[]
}

export interface SeriesQuery {
  metric: string
  stat: Stat
  from: number
  to: number
  /** ms; a multiple of a kept rung. Quantiles and `distinct` need a step that is itself a kept rung. */
  step: number
  /** Exact match on the given group fields; several matching groups are merged where the stat allows it. */
  group: Record<string, string>
}
export interface SeriesAnswer {
  metric: string
  stat: Stat
  unit: string
  rung: Rung
  step: number
  /** [start of step in ms, value]; a gap has no point. */
  points: [number, number][]
}

export interface StreamAccounting {
  stream: string
  partitions: number
  counted: number
  duplicate: number
  late: number
  dead: number
  missing: number
  forwarded: number
  /** Counted under the group `__other__` because a metric has too many groups, once per metric. */
  other: number
  /** Log entries written but not yet committed. */
  lagEntries: number
}

export interface Health {
  /**
   * `behind`: server time - committed log time above the limit while entries wait. `down`: no live lease at all, or
   * none on some partition for that long; on its way to another worker a partition has none for a moment.
   */
  engine: 'ok' | 'behind' | 'down'
  redis: { ok: boolean; version: string; series: string }
  config: {
    hash: string | null
    since: number | null
    /** A save that was refused: the old config runs on. */
    problem: string | null
  }
  /** Over the last 10 s. */
  eventsPerSecond: number
  /** Log time of the newest committed entry that carried events. */
  newestEventAt: number | null
  /** Server time of the last look, ms. */
  now: number
  lagEntries: number
  /** What an auditor found who counts apart from the engine; null where none does. */
  audit: Audit | null
  /** Rules that cannot be judged because they fail, `<rule>: <reason>`; absent where none does. */
  failing?: string[]
}

export type Change =
  | { type: 'kpis'; metric: string; window: string; rows: KpiRow[] }
  | { type: 'alert'; change: AlertChange }
  | { type: 'health'; health: Health }
  | { type: 'config'; config: CompiledConfig }

export interface Reader {
  /** The active config, or null before the first one was applied. */
  config(): CompiledConfig | null
  /** Current windows of a metric; throws WEIR_METRIC_UNKNOWN / WEIR_QUERY. Exact match on given group fields. */
  kpis(metric: string, query: { window?: string; group?: Record<string, string> }): KpiAnswer
  series(query: SeriesQuery): Promise<SeriesAnswer>
  /** The batches that atRisk rules watch, as of their last look, by name; none before the first. */
  batches(): BatchReport[]
  /** Newest first; resolved ones are kept up to a bound. */
  alerts(query?: { state?: Alert['state'] }): Alert[]
  /** Changes after `cursor` ('0' = all kept), for resuming clients and the notifier; null = cursor is gone, resync. */
  alertChanges(cursor: string, limit: number): Promise<AlertChange[] | null>
  accounting(): Promise<StreamAccounting[]>
  /** Of one stream, per producer and minute. Rejects with WEIR_QUERY where too much matches. */
  accounts(query: AccountsQuery): Promise<AccountsAnswer>
  health(): Health
  /** Calls back on every change until the returned function is called. Throws nothing. */
  subscribe(listener: (change: Change) => void): () => void
  close(): Promise<void>
}
