/** What one control state means for one partition: its metrics with their panes, its rules with their standings. */
import type { Chain } from './commit/chain.ts'
import type { ClosedBlock, Outputs } from './commit/folding.ts'
import { type CompiledConfig, type CompiledMetric, type CompiledRule, RUNGS } from './config/compiled.ts'
import type { Columns } from './event/entry.ts'
import type { Judgement } from './rule/judge.ts'
import { BatchState } from './rule/batch-state.ts'
import { DriftState } from './rule/drift-state.ts'
import { RuleState } from './rule/rule-state.ts'
import type { Work } from './work.ts'
import type { VerdictChange } from './rule/verdict.ts'
import type { SeriesColumn } from './series/store.ts'
import { batchField, encodeView, viewFields } from './view/encode.ts'
import { RUNG_MS } from './config/window.ts'
import { keptOf, MetricState } from './window/metric-state.ts'
import type { Pane } from './window/pane.ts'
import { COUNT, M2, MAX, MIN, QUANTILES, SUM, TOTAL } from './window/shape.ts'
import type { Touched } from './window/touched.ts'
import { watchedBelow } from './window/watch.ts'

/** Where a plan puts what it finds: the fold it belongs to. */
interface Sink {
  readonly out: Outputs
  readonly chain: Chain
  readonly turned: number
  /** Whether views are written. */
  readonly shows: boolean
  /** Why no rule can be judged now, or null. */
  readonly excuse: Judgement | null
}

const OFFSET: Partial<Record<SeriesColumn, number>> = {
  count: COUNT,
  total: TOTAL,
  sum: SUM,
  min: MIN,
  max: MAX,
  m2: M2,
}
/** Failing rules named in the small state. */
const MAX_FAILING = 10
const HOUR = RUNG_MS['1h']
const TURN = RUNG_MS['10s']

export class Plan {
  readonly states: MetricState[] = []
  readonly rules: RuleState[] = []
  private readonly config: CompiledConfig
  private readonly sink: Sink
  /** Last JSON of every view field, so that only changed blocks are written. */
  private readonly shown = new Map<string, string>()
  /** As of when each window that has slid since this plan came into force was shown; 0: not yet. */
  private readonly shownTo = new Map<string, number>()

  constructor(
    config: CompiledConfig,
    stream: string,
    sink: Sink,
    before: Plan | undefined,
    make = (metric: CompiledMetric, rules: CompiledRule[]): MetricState => new MetricState(metric, rules),
  ) {
    this.config = config
    this.sink = sink
    for (const metric of config.metrics) {
      if (metric.stream !== stream) continue
      const kept = keptOf(before?.states ?? [], metric)
      kept?.configure(metric, config.rules)
      this.states.push(kept ?? make(metric, config.rules))
    }
    for (const rule of config.rules) {
      const state = this.states.find((s) => s.metric.name === rule.metric)
      if (!state) continue
      const kept = before?.rules.find(
        (r) => r.rule.id === rule.id && r.rule.hash === rule.hash && r.state === state,
      )
      if (kept) kept.rule = rule
      this.rules.push(kept ?? ruleState(rule, state))
    }
    this.retire(before)
  }

  addRows(
    columns: Columns,
    rows: Int32Array,
    times: Float64Array,
    from: number,
    to: number,
    ms: number,
    seq: number,
  ): void {
    if (from === to) return
    for (const state of this.states) state.addRows(columns, rows, times, from, to, ms, seq)
  }

  /** One 10 s boundary: panes close, windows whose slide ends here are read, rules look. `last`: show the result. */
  *turning(at: number, final: number, last: boolean): Work {
    for (const state of this.states) {
      yield* state.turning(at, final, (rung, pane, groups) => this.emit(state, rung, pane, groups))
      if (at % HOUR === 0) this.evict(state, at)
      yield* this.reading(state, at, last)
    }
    const listeners = this.rules.filter((rule) => rule.rule.kind === 'noData')
    for (const state of new Set(listeners.map((rule) => rule.state))) state.listen(at)
    for (const rule of listeners)
      yield* rule.looking(at, null, (change) => this.tell(rule, change), this.sink.excuse)
  }

  /** Rules that fail, with the reason, for the small state; of each the first one found. */
  failing(): { failing?: string[] } {
    const failing = this.rules.flatMap((r) => (r.failing === null ? [] : [`${r.rule.id}: ${r.failing}`]))
    return failing.length === 0 ? {} : { failing: failing.slice(0, MAX_FAILING) }
  }

  /** The log's clock has turned out to be ahead: what was told is unknown from now on. */
  doubt(): void {
    const at = this.sink.turned * TURN
    if (!Number.isFinite(at)) return
    for (const rule of this.rules) rule.look(at, null, (change) => this.tell(rule, change), this.sink.excuse)
  }

  settle(final: number): void {
    for (const state of this.states) {
      state.settle(this.sink.turned * TURN, final, (rung, pane, groups) =>
        this.emit(state, rung, pane, groups),
      )
    }
  }

  provisional(): void {
    for (const state of this.states) {
      state.provisional((rung, pane, groups) => this.emit(state, rung, pane, groups))
    }
  }

  /** Next boundary of event time (ms) at which the passing of time alone changes something; null: nothing waits. */
  dueAt(): number | null {
    const asOf = this.sink.turned * TURN
    let due = Number.POSITIVE_INFINITY
    for (const rule of this.rules) {
      if (rule.rule.kind === 'noData' || rule.waits) due = asOf + TURN
    }
    for (const { newestAt, metric, ladder } of this.states) {
      if (newestAt === 0) continue
      if (ladder.amending) due = Math.min(due, asOf + TURN)
      for (const rung of RUNGS) {
        const end = (Math.floor(newestAt / RUNG_MS[rung]) + 1) * RUNG_MS[rung]
        if (end > asOf) due = Math.min(due, end)
      }
      for (const { size, slide } of metric.windows) {
        if (newestAt > asOf - size - slide) due = Math.min(due, (Math.floor(asOf / slide) + 1) * slide)
      }
    }
    return Number.isFinite(due) ? due : null
  }

  /** Whether a rule waits for the first event of a stream: then time must pass even in an empty log. */
  get watchesSilence(): boolean {
    return this.rules.some(({ rule, state }) => rule.kind === 'noData' && state.metric.by.length === 0)
  }

  /** Events counted under `__other__`, once per metric. */
  get other(): number {
    return this.states.reduce((sum, { groups }) => sum + groups.overflow, 0)
  }

  private evict(state: MetricState, at: number): void {
    const rules = this.rules.filter((rule) => rule.state === state)
    state.evict(
      (group) => rules.some((rule) => rule.holds(group, at)),
      (group, key) => {
        for (const rule of rules) rule.forget(group, key, at, (change) => this.tell(rule, change))
      },
    )
  }

  private *reading(state: MetricState, at: number, last: boolean): Work {
    for (const [index, window] of state.metric.windows.entries()) {
      const name = `${state.metric.name}/${window.name}`
      const end = Math.floor(at / window.slide) * window.slide
      const slides = end === at
      // The next slide of a day's window may be an hour away: until its first one it is shown at every look, as of
      // the one before. A slide that was passed on the way is shown at the last turn.
      if (slides && !this.shownTo.has(name)) this.shownTo.set(name, 0)
      const due = last && this.shownTo.get(name) !== end
      if (!slides && !due) continue
      const rules = this.rules.filter(
        (r) => r.state === state && r.windowIndex === index && r.rule.kind !== 'noData',
      )
      if (rules.length === 0 && !due) continue
      if (due && !this.sink.shows) this.pretend(state, name, end)
      if (rules.length === 0 && !this.sink.shows) continue
      const fold = yield* state.readingWindow(index, end)
      if (slides)
        for (const rule of rules)
          yield* rule.looking(at, fold, (change) => this.tell(rule, change), this.sink.excuse)
      if (!due) continue
      for (const rule of rules) if (rule instanceof BatchState) this.report(rule)
      if (!this.sink.shows) continue
      if (this.shownTo.has(name)) this.shownTo.set(name, end)
      const spike = rules.find((rule) => rule.rule.kind === 'spike')
      // Else it was read at this very look.
      if (spike && (!slides || this.sink.excuse !== null)) yield* spike.readingBaseline(end)
      const watched = watchedBelow(this.config, state.metric, window.name)
      const source = {
        keys: state.groups.keys,
        stats: state.metric.stats,
        value: (stat: CompiledMetric['stats'][number], group: number) =>
          stat === 'distinct' && group >= watched ? null : fold.stat(stat, group),
        baseline: spike ? (group: number) => spike.normal(group) : null,
      }
      yield* encodeView(name, end, source, (field, json) => this.show(field, json))
    }
  }

  /** Names of the view fields written so far, and as of when each window was, for snapshots. */
  shownSoFar(): { shown: string[]; shownTo: [string, number][] } {
    return { shown: [...this.shown.keys()], shownTo: [...this.shownTo] }
  }

  /** What stands in these fields is not known any more: they are written anew at the next slide. */
  restoreShown(fields: readonly string[], shownTo: readonly [string, number][]): void {
    for (const field of fields) this.shown.set(field, '')
    for (const [window, end] of shownTo) this.shownTo.set(window, end)
  }

  /** What was shown before is shown, but not known here: it is written anew at the next slide. */
  private pretend(state: MetricState, name: string, end: number): void {
    if (this.shownTo.has(name)) this.shownTo.set(name, end)
    for (const field of viewFields(name, state.groups.keys.length)) this.shown.set(field, '')
  }

  /** What is not shown is known to differ, as with windows. */
  private report({ rule, report }: BatchState): void {
    if (report === null) return
    const field = batchField(rule.id)
    if (this.sink.shows) this.show(field, JSON.stringify(report))
    else this.shown.set(field, '')
  }

  private show(field: string, json: string): void {
    if (this.shown.get(field) === json) return
    this.shown.set(field, json)
    const { view, viewGone } = this.sink.out
    view.set(field, json)
    // What a config took away and the next one brought back within one commit is there.
    const gone = viewGone.indexOf(field)
    if (gone !== -1) viewGone.splice(gone, 1)
  }

  private emit(state: MetricState, rung: number, pane: Pane, groups: Touched): void {
    const { chain, out } = this.sink
    const name = RUNGS[rung]!
    chain.number(pane.number * 8 + rung)
    for (let i = 0; i < groups.size; i++) {
      chain.number(pane.get(groups.at(i), COUNT))
      if (state.shape.values) chain.number(pane.get(groups.at(i), SUM))
    }
    if (!state.metric.series.includes(name)) return
    out.closed.push(closedBlock(state, name, pane, groups))
  }

  private tell(rule: RuleState, change: VerdictChange): void {
    this.sink.chain.text(JSON.stringify(change))
    this.sink.out.told.push({ change, rule: rule.rule, metric: rule.state.metric })
  }

  /** Closes what the previous plan had told and this one no longer knows; takes its views away. */
  private retire(before: Plan | undefined): void {
    if (!before) return
    const at = Number.isFinite(this.sink.turned) ? this.sink.turned * TURN : 0
    for (const rule of before.rules)
      if (!this.rules.includes(rule)) rule.retire(at, (change) => this.tell(rule, change))
    const windows = new Set(
      this.states.flatMap((s) => s.metric.windows.map((w) => `${s.metric.name}/${w.name}`)),
    )
    for (const [field, json] of before.shown) {
      const kept = windows.has(field) || windows.has(field.slice(0, field.lastIndexOf('/')))
      if (kept) this.shown.set(field, json)
      else {
        this.sink.out.view.delete(field)
        this.sink.out.viewGone.push(field)
      }
    }
  }
}

function ruleState(rule: CompiledRule, state: MetricState): RuleState {
  if (rule.kind === 'drift') return new DriftState(rule, state)
  return rule.kind === 'atRisk' ? new BatchState(rule, state) : new RuleState(rule, state)
}

function closedBlock(
  state: MetricState,
  rung: ClosedBlock['rung'],
  pane: Pane,
  groups: Touched,
): ClosedBlock {
  const { columns } = state.shape
  const keys: string[] = []
  const values: (number | null)[][] = columns.map(() => [])
  for (let i = 0; i < groups.size; i++) {
    const group = groups.at(i)
    keys.push(state.groups.keys[group] ?? '[]')
    const empty = pane.get(group, COUNT) === 0
    for (const [k, column] of columns.entries()) {
      const offset = OFFSET[column]
      const counts = column === 'count' || column === 'total' || column === 'sum'
      if (offset !== undefined) values[k]!.push(empty && !counts ? null : pane.get(group, offset))
      else if (column === 'distinct') values[k]!.push(pane.distinct!.count(group))
      else
        values[k]!.push(
          empty
            ? null
            : pane.sketches!.quantile(pane.head(group), QUANTILES[column as 'p50']!, pane.get(group, COUNT)),
        )
    }
  }
  return { metric: state.metric.name, rung, at: pane.number * RUNG_MS[rung], columns, groups: keys, values }
}
