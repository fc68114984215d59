/** What a partition fold says when the verdict of a rule on a group changes; it travels to the alert fold. */
import type { Verdict } from '../alert/alert.ts'

/** Where in the log the newest matching event stands: entry id and row. */
export interface Evidence {
  ms: number
  seq: number
  row: number
  /** In the log of which partition; absent: of the fold's own. */
  partition?: number
}

export interface VerdictChange {
  rule: string
  /** Canonical group key. */
  group: string
  verdict: Verdict
  reason: string
  /** Event time of this look, and since when the condition holds, ms. */
  at: number
  since: number
  value: number | null
  normal: number | null
  from: number
  to: number
  /** The rule's stat over the last panes, oldest first; null = gap. */
  spark: (number | null)[]
  evidence: Evidence | null
  /** Of a rule with one alert for many groups: the values by field that it is about, at most 20 of each. */
  about?: Record<string, string[]>
}
