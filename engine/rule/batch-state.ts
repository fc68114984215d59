/**
 * A batch on the partition of the runs: which of its scrapers were right since it began, and whether the rest will be
 * in time. Who is counted is remembered, not read anew: a batch may last a day, and panes need not.
 */
import type { AtRiskRule } from '../config/compiled.ts'
import { groupKey, groupLabels } from '../window/group-key.ts'
import type { MetricState } from '../window/metric-state.ts'
import { TURN } from '../window/turns.ts'
import { PaneFold } from '../window/pane-fold.ts'
import { type BatchSpan, spanAt } from './batch-time.ts'
import type { Judgement } from './judge.ts'
import { type BatchJudgement, judgeBatch } from './judge-batch.ts'
import { progress, type Standing } from './progress.ts'
import { attempt, RuleState } from './rule-state.ts'
import type { VerdictChange } from './verdict.ts'
import type { Work } from '../work.ts'

/** Scrapers named of those that are left. */
const MAX_NAMED = 20
const DAY = 86_400_000
/** There is one alert: its standing is kept as that of this group. */
const ONLY = 0

/** What readers see of a batch. Times are ms since 1970. */
export interface BatchReport extends BatchSpan {
  rule: string
  batch: string
  asOf: number
  expected: number
  done: number
  estimate: number | null
  verdict: Judgement['verdict']
  reason: string
  /** Scrapers not right yet, by name, at most 20. */
  left: string[]
}

export interface SavedBatch {
  begun: number | null
  whole: boolean
  /** Groups that were right, and as of when that was seen. */
  done: [group: number, at: number][]
}

interface Place {
  key: string
  scraper: string
  fleet: string
}

export class BatchState extends RuleState {
  report: BatchReport | null = null
  /** The span of the last look: it costs a hundred questions to the calendar. */
  private span: BatchSpan | null = null
  private begun: number | null = null
  private whole = false
  private readonly done = new Map<number, number>()
  private readonly read: PaneFold
  private readonly places: (Place | undefined)[] = []

  constructor(rule: AtRiskRule, state: MetricState) {
    super(rule, state)
    this.read = new PaneFold(state.shape)
  }

  private get batch(): AtRiskRule {
    return this.rule as AtRiskRule
  }

  /** Time alone makes it late. */
  override get waits(): boolean {
    return true
  }

  override *looking(
    end: number,
    _: PaneFold | null,
    tell: (change: VerdictChange) => void,
    excuse: Judgement | null = null,
  ): Work {
    const found = excuse ?? attempt(() => this.follow(end))
    if (excuse === null) this.failing = 'failed' in found && found.failed === true ? found.reason : null
    const before = this.standings.get(ONLY) ?? null
    const step = progress(before, found, end, this.rule.for)
    if (step.standing === null) this.standings.delete(ONLY)
    else this.standings.set(ONLY, step.standing)
    if (step.tell) tell(this.told(end, found, step.standing, before))
    yield
  }

  override retire(end: number, tell: (change: VerdictChange) => void): void {
    const standing = this.standings.get(ONLY)
    const removed: Judgement = { verdict: 'ok', reason: 'rule removed', value: null, normal: null }
    if (standing?.told) tell(this.told(end, removed, null, standing))
    this.standings.clear()
  }

  /** Scrapers that run once a day are of it, too. */
  override holds(group: number, end: number): boolean {
    return this.isOf(group) && end - this.state.lastAt.get(group) <= 2 * DAY
  }

  override forget(group: number): void {
    this.done.delete(group)
  }

  save(): SavedBatch {
    return { begun: this.begun, whole: this.whole, done: [...this.done] }
  }

  restore({ begun, whole, done }: SavedBatch): void {
    this.begun = begun
    this.whole = whole
    for (const [group, at] of done) this.done.set(group, at)
  }

  private follow(end: number): BatchJudgement {
    const { batch, state } = this
    const span =
      this.span !== null && end >= this.span.start && end < this.span.next ? this.span : spanAt(batch, end)
    this.span = span
    const { size } = state.metric.windows[this.windowIndex]!
    if (span.start !== this.begun) {
      this.begun = span.start
      this.whole = end - span.start <= size
      this.done.clear()
    }
    const from = Math.max(end - size, span.start)
    this.read.read(state.panes('10s'), Math.floor(from / TURN), Math.floor(end / TURN), end - from)
    for (let i = 0; i < this.read.groups.size; i++) {
      const group = this.read.groups.at(i)
      if (this.read.count(group) > 0 && this.isOf(group) && !this.done.has(group)) this.done.set(group, end)
    }
    const members = this.members(span.start)
    const right = new Set([...this.done.keys()].map((group) => this.place(group)!.scraper))
    const left = [...members].filter((name) => !right.has(name)).toSorted()
    const lastAt = [...this.done.values()].reduce<number | null>((last, at) => Math.max(last ?? 0, at), null)
    const known = { expected: members.size, done: members.size - left.length, lastAt, whole: this.whole }
    const judged = judgeBatch(span, known, end)
    const { verdict, reason, estimate } = judged
    this.report = {
      rule: batch.id,
      batch: batch.batch,
      ...span,
      asOf: end,
      expected: known.expected,
      done: known.done,
      estimate,
      verdict,
      reason,
      left: left.slice(0, MAX_NAMED),
    }
    return judged
  }

  /** Names of its scrapers: those that are listed, or all of its fleet that ran since the day before it began. */
  private members(start: number): Set<string> {
    if (this.batch.scrapers !== null) return new Set(this.batch.scrapers)
    const names = new Set<string>()
    for (const group of this.state.groups.keys.keys())
      if (this.isOf(group) && this.state.lastAt.get(group) >= start - DAY)
        names.add(this.place(group)!.scraper)
    return names
  }

  private isOf(group: number): boolean {
    const place = this.place(group)
    if (place === null) return false
    const { scrapers, fleet } = this.batch
    return scrapers === null ? place.fleet === fleet : scrapers.includes(place.scraper)
  }

  private place(group: number): Place | null {
    const key = this.state.groups.keys[group]
    if (key == null) return null
    const known = this.places[group]
    if (known?.key === key) return known
    const { scraper = '', fleet = '' } = groupLabels(this.state.metric.by, key)
    return (this.places[group] = { key, scraper, fleet })
  }

  private told(
    end: number,
    judged: Judgement,
    standing: Standing | null,
    before: Standing | null,
  ): VerdictChange {
    const change = this.change(ONLY, groupKey([this.batch.batch]), end, judged, standing, before)
    const left = this.report?.left ?? []
    return { ...change, spark: [], evidence: null, ...(left.length > 0 && { about: { scraper: left } }) }
  }
}
