/** One metric on one partition: its groups, its ladder of panes, and the windows read from it. */
import { RUNG_MS } from '../config/window.ts'
import type { Work } from '../work.ts'
import { type CompiledMetric, type CompiledRule, readsHistory, RUNGS, type Rung } from '../config/compiled.ts'
import type { Columns } from '../event/entry.ts'
import type { Evidence } from '../rule/verdict.ts'
import { compileWhere, type RowTest } from '../rule/where.ts'
import { GroupFacts } from './group-facts.ts'
import { Groups } from './groups.ts'
import { type Hash64, hashValue } from './hyper-log-log-hash.ts'
import { Ladder, type OnPane } from './ladder.ts'
import type { Pane } from './pane.ts'
import { PaneFold } from './pane-fold.ts'
import { type Shape, shapeOf } from './shape.ts'
import { Touched } from './touched.ts'
import { TURN } from './turns.ts'

/** Groups per metric and partition; what comes beyond is counted under `__other__`. */
export const MAX_GROUPS = 30_000

/** Panes looked back through for a group's newest event: as many boundaries as are looked at when time jumps. */
const LISTEN_BACK = 64

/** Panes whose values are shown with an alert. */
export const SPARK = 30

/** Rung a baseline of `over` ms is read from: the coarsest with at least 24 panes in it. */
export function baselineRung(over: number): Rung {
  return RUNGS.findLast((rung) => over / RUNG_MS[rung] >= 24) ?? RUNGS[0]
}

/** Of a group: newest event time, log time of first sight (ms), and ms, seq, row of its newest matching event. */
export type Seen = [lastAt: number, firstSeen: number, ms: number, seq: number, row: number]

export class MetricState {
  metric: CompiledMetric
  readonly shape: Shape
  readonly groups: Groups
  readonly ladder: Ladder
  readonly folds: PaneFold[]
  private readonly facts = new GroupFacts()
  readonly lastAt = this.facts.lastAt
  readonly firstSeen = this.facts.firstSeen
  readonly heardAt = this.facts.heardAt
  /** What is known per group, for snapshots. */
  readonly columns = this.facts.columns
  /** Newest event time of all groups, ms. */
  newestAt = 0
  private readonly where: RowTest | null
  private readonly among: RowTest | null
  /** Of the value in hand, where different values are counted. */
  private readonly hash: Hash64 = { high: 0, low: 0 }

  /** `limit`: groups told apart. */
  constructor(metric: CompiledMetric, rules: CompiledRule[], limit = MAX_GROUPS) {
    this.metric = metric
    this.groups = new Groups(limit)
    this.shape = shapeOf(metric)
    this.where = compileWhere(metric.where)
    this.among = compileWhere(metric.among ?? null)
    const sizes = RUNGS.map((rung) => RUNG_MS[rung])
    this.ladder = new Ladder(this.shape, sizes, keepOf(metric, rules))
    this.folds = metric.windows.map(() => new PaneFold(this.shape))
    if (metric.by.length === 0) this.groups.idOfKey('[]')
  }

  /**
   * Adds rows[0…n) of an entry. `times[i]` is the event time of rows[i]; `ms`, `seq` name the entry. Rows whose
   * `of` is absent, or that are none of `among`, are no samples of this metric.
   */
  addRows(
    columns: Columns,
    rows: Int32Array,
    times: Float64Array,
    from: number,
    to: number,
    ms: number,
    seq: number,
  ): void {
    const { by, of } = this.metric
    const values = of === null ? null : columns[of]
    if (of !== null && values === undefined) return
    const keys = by.length === 1 ? columns[by[0]!] : undefined
    const { among } = this
    for (let i = from; i < to; i++) {
      const row = rows[i]!
      if (among !== null && !among(columns, row)) continue
      const matched = this.where === null || this.where(columns, row)
      if (!matched && !this.shape.ratio) continue
      let value = 0
      if (values != null) {
        const raw = values[row]
        if (this.shape.distinct) {
          if (!isScalar(raw)) continue
          hashValue(raw, this.hash)
        }
        if (typeof raw === 'number') value = raw
        else if (this.shape.values) continue
      }
      const key = keys?.[row]
      const group =
        typeof key === 'string'
          ? this.groups.idOfString(key)
          : this.groups.idOfValues(by.map((field) => columns[field]?.[row]))
      const at = times[i]!
      const pane = this.ladder.add(at, group, matched, value)
      if (matched) pane.distinct?.add(group, this.hash.high, this.hash.low)
      this.facts.saw(group, at, matched, ms, seq, row)
      if (at > this.newestAt) this.newestAt = at
    }
  }

  /** Takes over what may change without losing state: titles, series kept, and what rules read. */
  configure(metric: CompiledMetric, rules: CompiledRule[]): void {
    this.metric = metric
    this.shape.columns = shapeOf(metric).columns
    this.ladder.keep = keepOf(metric, rules)
  }

  /** Closes and amends panes up to `asOf` (ms), finest first; see Ladder. */
  turning(asOf: number, final: number, emit: OnPane): Work {
    return this.ladder.turning(asOf, final, emit)
  }

  settle(asOf: number, final: number, emit: OnPane): void {
    this.ladder.settle(asOf, final, emit)
  }

  provisional(emit: OnPane): void {
    this.ladder.provisional(emit)
  }

  /** What is remembered of a group beside its panes. */
  seen(group: number): Seen {
    const { lastAt, firstSeen, lastMs, lastSeq, lastRow } = this.facts
    const place = [lastMs.get(group), lastSeq.get(group), lastRow.get(group)] as const
    return [lastAt.get(group), firstSeen.get(group), ...place]
  }

  protected see(group: number, seen: Seen): void {
    for (const [i, value] of seen.entries()) this.columns[i]!.set(group, value)
  }

  /** Where the newest matching event of a group stands in the log; null where there was none. */
  evidence(group: number): Evidence | null {
    const { lastMs, lastSeq, lastRow } = this.facts
    const ms = lastMs.get(group)
    return ms === 0 ? null : { ms, seq: lastSeq.get(group), row: lastRow.get(group) }
  }

  /** Panes of a rung by number. */
  panes(rung: Rung): ReadonlyMap<number, Pane> {
    return this.ladder.panes[RUNGS.indexOf(rung)]!
  }

  /** Reads window `index` as of `end` (a multiple of its slide). */
  *readingWindow(index: number, end: number): Work<PaneFold> {
    const window = this.metric.windows[index]!
    const rung = RUNG_MS[window.rung]
    const fold = this.folds[index]!
    yield* fold.reading(this.panes(window.rung), (end - window.size) / rung, end / rung, window.size)
    return fold
  }

  /**
   * Brings `heardAt` up to `end` (a boundary). Where newer events are there already, as with much disorder, the
   * newest pane before `end` tells: a silence that has ended meanwhile is still seen.
   */
  listen(end: number): void {
    const panes = this.ladder.panes[0]!
    const last = end / TURN - 1
    for (const [group, key] of this.groups.keys.entries()) {
      if (key === null) continue
      const newest = this.lastAt.get(group)
      if (newest <= end) {
        this.heardAt.set(group, newest)
        continue
      }
      const first = Math.max(last - LISTEN_BACK, Math.floor(this.heardAt.get(group) / TURN))
      for (let number = last; number >= first; number--) {
        if (!panes.get(number)?.members.has(group)) continue
        this.heardAt.set(group, (number + 1) * TURN - 1)
        break
      }
    }
  }

  /** Forgets groups that no pane refers to any more and that `held` does not hold on to; `gone` hears of each. */
  evict(held: (group: number) => boolean, gone: (group: number, key: string) => void): void {
    const used = this.used()
    for (const [id, key] of this.groups.keys.entries()) {
      if (key === null || key === '[]' || used.has(id) || held(id)) continue
      gone(id, key)
      this.groups.evict(id)
      this.facts.forget(id)
    }
  }

  /** Groups that a pane refers to. */
  protected used(): Touched {
    const used = new Touched()
    for (const panes of this.ladder.panes) {
      for (const pane of panes.values()) {
        for (let i = 0; i < pane.members.size; i++) used.add(pane.members.at(i))
      }
    }
    return used
  }
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}

/** How long behind `asOf` each rung is read, ms, in the order of RUNGS. */
function keepOf(metric: CompiledMetric, rules: CompiledRule[]): number[] {
  const keep = RUNGS.map(() => 0)
  const need = (rung: Rung, ms: number): void => {
    const at = RUNGS.indexOf(rung)
    keep[at] = Math.max(keep[at]!, ms)
  }
  for (const window of metric.windows) need(window.rung, window.size + window.slide)
  for (const rule of rules) {
    const window = metric.windows.find((w) => w.name === rule.window)
    if (rule.metric === metric.name && rule.kind === 'noData') need('10s', TURN)
    if (rule.metric !== metric.name || !window) continue
    need(window.rung, SPARK * RUNG_MS[window.rung] + window.slide)
    if (!readsHistory(rule)) continue
    const rung = baselineRung(rule.over)
    need(rung, rule.over + window.size + window.slide + RUNG_MS[rung])
  }
  return keep
}

/** The state of `metric` among those of the config before; undefined where another thing was measured. */
export function keptOf(before: readonly MetricState[], metric: CompiledMetric): MetricState | undefined {
  return before.find((state) => state.metric.hash === metric.hash && state.metric.name === metric.name)
}
