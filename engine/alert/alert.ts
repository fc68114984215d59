/** The alert as everybody sees it: API, wallboard, notifier. Times are ms since 1970. */
import type { Stat } from '../config/compiled.ts'

export type Verdict = 'ok' | 'pending' | 'firing' | 'unknown'
export type AlertState = 'pending' | 'firing' | 'resolved'

export interface Alert {
  /** Hash of rule, group and start in event time: the same after a re-fold; the notification key. */
  id: string
  rule: string
  kind: 'threshold' | 'spike' | 'noData' | 'drift' | 'atRisk'
  severity: 'critical' | 'warning'
  metric: string
  stat: Stat
  unit: string
  stream: string
  group: Record<string, string>
  /** Of one alert for many groups (`drift` with `by`): the values by field that it is about, at most 20 of each. */
  about?: Record<string, string[]>
  state: AlertState
  /** Last verdict of the rule; `unknown` keeps a firing alert firing. */
  verdict: Verdict
  /** Why the verdict is what it is, such as `above 0` or `no samples in 10m`. */
  reason: string
  /** Event time at which the condition began to hold. */
  since: number
  firedAt: number | null
  resolvedAt: number | null
  updatedAt: number
  /** Value at firing (kept up to date while firing). */
  value: number | null
  /** Baseline or limit the value is held against. */
  normal: number | null
  window: { name: string; from: number; to: number }
  /** One sentence: what, value, normal, why. No "ago": the reader adds the age. */
  sentence: string
  /** Short cause from the newest matching event, such as `selector [data-balance] matched nothing`, or null. */
  cause: string | null
  evidence: {
    /** Log ids on partition `partition` of the first and last event of the window known to match. */
    partition: number
    from: string | null
    to: string | null
    /** Newest matching events, newest first, at most 20 and 8 KB. */
    samples: Record<string, unknown>[]
  }
  /** Values of the rule's stat at the last slides, oldest first, at most 30; null = gap. */
  spark: (number | null)[]
  /** Channels to notify. */
  notify: string[]
}

/** One change of one alert, in the order of the `alerts` log; `cursor` is its stream id and resumes. */
export interface AlertChange {
  cursor: string
  /** What a notifier must tell the world: nothing for pure updates. */
  event: 'fired' | 'resolved' | 'updated'
  alert: Alert
}
