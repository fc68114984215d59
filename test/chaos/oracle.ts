/**
 * What must come out, computed from the events alone with plain maps. It shares no code with the engine: that two
 * ways arrive at the same numbers is what the run shows.
 */
import {
  flatRow,
  isNowSilent,
  LIMIT,
  NOW_SILENT,
  nowJumps,
  nowRow,
  pastRow,
  type Plan,
  type Row,
} from './load.ts'

export interface Pane {
  count: number
  sum: number
  min: number
  max: number
  p50: number
  p95: number
}
/** Values by the start of their 10 s pane. */
type Values = Map<number, number[]>

export interface StreamTotals {
  counted: number
  late: number
  dead: number
}
/** `fired high g3 1700000000000`: an alert, told by its beginning in event time. */
export type Told = string
/** An alert of the live stream: it must come exactly once, and begin in this span of time. */
export interface Expected {
  rule: string
  k: string
  from: number
  to: number
  /** Whether enough came after it to tell that it is over. */
  ends: boolean
}

export class Oracle {
  readonly totals: Record<'past' | 'now', StreamTotals> = {
    past: { counted: 0, late: 0, dead: 0 },
    now: { counted: 0, late: 0, dead: 0 },
  }
  private readonly metrics = new Map<string, Map<string, Values>>()
  private readonly plan: Plan

  /** `released`: wall clock at which each chunk was let go, ms. */
  constructor(plan: Plan, released: readonly number[]) {
    this.plan = plan
    for (const [c, at] of released.entries()) {
      for (let p = 0; p < plan.producers; p++) {
        for (let i = 0; i < plan.past; i++) this.past(pastRow(plan, p, c, i), c)
        for (let i = 0; i < plan.now; i++) this.add('now', ['pulse'], nowRow(plan, p, c, i, at))
      }
      this.add('now', ['pulse'], flatRow(plan, c, at))
    }
  }

  /** All events that were sent once, whatever became of them. */
  get events(): number {
    const { past, now } = this.totals
    return past.counted + past.late + past.dead + now.counted
  }

  groups(metric: string): string[] {
    return [...(this.metrics.get(metric)?.keys() ?? [])]
  }

  /** Panes of `size` ms by their start. */
  panes(metric: string, k: string, size: number): Map<number, Pane> {
    const merged: Values = new Map()
    for (const [at, values] of this.metrics.get(metric)?.get(k) ?? []) {
      const start = at - (at % size)
      const list = merged.get(start)
      if (list) for (const value of values) list.push(value)
      else merged.set(start, [...values])
    }
    return new Map([...merged].map(([at, values]) => [at, summary(values)]))
  }

  /** Alerts of the history: all that is told, each once. */
  told(): Told[] {
    const lines: Told[] = []
    for (const k of this.groups('volume')) {
      lines.push(...this.life('high', 'volume', k, 0, (pane) => pane.max > LIMIT))
      lines.push(...this.life('mean', 'volume', k, 20_000, (pane) => pane.sum / pane.count > 2000))
      lines.push(...this.life('extra', 'extra', k, 0, (pane) => pane.max > LIMIT))
    }
    return lines.sort()
  }

  /** Alerts of the live stream, whose beginnings depend on when things arrived. */
  live(released: readonly number[]): Expected[] {
    const late = 30_000
    const expected: Expected[] = nowJumps(this.plan).map(({ group, from, to }) => ({
      rule: 'surge',
      k: `g${group}`,
      from: released[from]!,
      to: released[to]! + late,
      // A window with ordinary values alone: else nothing is known of the group, and unknown resolves nothing.
      ends: released.at(-1)! - released[to]! > 22_000,
    }))
    const silent = released.filter((_, c) => isNowSilent(this.plan, c))
    if (silent.length > 0)
      expected.push({
        rule: 'silent',
        k: `g${NOW_SILENT}`,
        from: silent[0]!,
        to: silent.at(-1)! + late,
        ends: true,
      })
    return expected
  }

  private past(row: Row, c: number): void {
    this.add('past', c >= this.plan.extended ? ['volume', 'extra'] : ['volume'], row)
  }

  private add(stream: 'past' | 'now', metrics: string[], { kind, at, k, v }: Row): void {
    this.totals[stream][kind]++
    if (kind !== 'counted') return
    const start = at - (at % 10_000)
    const whole = stream === 'past' ? 'whole' : 'wholeNow'
    for (const [metric, group] of [...metrics.map((metric) => [metric, k] as const), [whole, ''] as const]) {
      const groups = entry(this.metrics, metric, () => new Map<string, Values>())
      entry(
        entry(groups, group, () => new Map<number, number[]>()),
        start,
        () => [],
      ).push(v)
    }
  }

  /** One rule on the last minute of one group, looked at every ten seconds. */
  private life(
    rule: string,
    metric: string,
    k: string,
    hold: number,
    beyond: (pane: Pane) => boolean,
  ): Told[] {
    const lines: Told[] = []
    const values: Values = this.metrics.get(metric)?.get(k) ?? new Map<number, number[]>()
    let since: number | null = null
    let fired = false
    const last = this.plan.origin + this.plan.chunks * this.plan.step
    for (let end = this.plan.origin + 10_000; end <= last; end += 10_000) {
      const window: number[] = []
      for (let at = end - 60_000; at < end; at += 10_000) window.push(...(values.get(at) ?? []))
      if (window.length === 0) {
        if (!fired) since = null
      } else if (beyond(summary(window))) {
        since ??= end
        if (!fired && end - since >= hold) lines.push(`fired ${rule} ${k} ${since}`)
        fired ||= end - since >= hold
      } else {
        if (fired) lines.push(`resolved ${rule} ${k} ${since}`)
        since = null
        fired = false
      }
    }
    return lines
  }
}

function summary(values: number[]): Pane {
  const sorted = Float64Array.from(values).sort()
  const n = sorted.length
  return {
    count: n,
    sum: sorted.reduce((sum, value) => sum + value, 0),
    min: sorted[0]!,
    max: sorted[n - 1]!,
    p50: sorted[Math.floor(0.5 * (n - 1))]!,
    p95: sorted[Math.floor(0.95 * (n - 1))]!,
  }
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}
