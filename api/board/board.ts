/** The words of the board: what it shows as plain data, and what it is made of. */
import type { Alert, CompiledConfig, Health, KpiRow, Origin } from '../../engine/index.ts'

/** `good`: known and right. `warn`: something of severity warning is open. `unknown` is never shown as good. */
export type Mood = 'good' | 'warn' | 'bad' | 'unknown'

/** A piece of a sentence: words, or an instant (ms since 1970) of which the page writes the age, such as "4 min". */
export type Part = { text: string } | { age: number }

export interface BoardPromise {
  title: string
  /** good: kept, bad: broken. */
  mood: Mood
  value: string
  unit: string
  /** In words, such as `at least 99.5%`. */
  target: string
  targetValue: number
  direction: 'atLeast' | 'atMost'
  /** Last 24 h, oldest first: [ms, value]; a gap is null. */
  line: [number, number | null][]
  /** What the line shows, in words, for those who cannot see it. */
  lineInWords: string
}

export interface BoardNumber {
  title: string
  value: string
  unit: string
  mood: Mood
}

export interface BoardAlert {
  id: string
  severity: 'critical' | 'warning'
  state: 'pending' | 'firing'
  /** Plain words, without age. */
  sentence: string
  /** Event time at which it began, ms. */
  since: number
  cause: string | null
  /** Whether it began with a change of ours, in words; null where nothing is known of that. */
  origin: { words: string; ours: boolean } | null
  /** Id of what was kept of the newest run it shows, with a picture of the page or without; null where nothing was. */
  proof: string | null
}

export interface BoardState {
  /** Server time this state was made, ms. */
  now: number
  title: string
  mood: Mood
  /** "6 of 8 banks fine." and "North Bank changed its page 4 min ago." */
  headline: { first: Part[]; second: Part[] }
  /** Number of alerts that fire. */
  problems: number
  promises: BoardPromise[]
  numbers: BoardNumber[]
  /** Worst and newest first. */
  alerts: BoardAlert[]
  moreAlerts: number
  own: {
    mood: Mood
    /** "412 events/s" */
    rate: string
    newestEventAt: number | null
    /** Anything people must know about Weir itself: config refused, engine behind, Redis away. */
    notice: string | null
  }
  /** Events counted by somebody else than the engine, and the difference; null where nobody does. */
  audit: { mood: Mood; text: string; at: number } | null
}

export interface BoardInput {
  config: CompiledConfig | null
  /** Current rows of one metric and window; empty where there are none. */
  kpis: (metric: string, window: string) => KpiRow[]
  /** In any order, resolved ones too. */
  alerts: Alert[]
  /** Of those alerts of which something is known, by id. */
  origins: ReadonlyMap<string, Origin>
  /** Per promise of the config, in its order: points of the last 24 h, oldest first; a gap has no point. */
  lines: [number, number | null][][]
  health: Health
  /** Server time, ms. */
  now: number
}
