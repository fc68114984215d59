/** One rule on one partition: looks at every group at every slide and says what changed. */
import { type CompiledRule, readsHistory, type Stat } from '../config/compiled.ts'
import { RUNG_MS } from '../config/window.ts'
import { type MetricState, baselineRung, SPARK } from '../window/metric-state.ts'
import { TURN } from '../window/turns.ts'
import { PaneFold } from '../window/pane-fold.ts'
import { TOTAL } from '../window/shape.ts'
import { knownWhenEmpty } from '../window/stat.ts'
import { judgeNoData, judgeSpike, judgeThreshold, type Judgement } from './judge.ts'
import { progress, type Standing } from './progress.ts'
import type { VerdictChange } from './verdict.ts'
import { finish, type Work } from '../work.ts'

/** Groups judged in one piece of work. */
export const GROUPS_AT_ONCE = 256

export class RuleState {
  rule: CompiledRule
  readonly state: MetricState
  /** Groups that are not plainly ok. */
  readonly standings = new Map<number, Standing>()
  /** Why the last look could not be made for some group, or null: the rule itself fails. */
  failing: string | null = null
  /** The time before the window, for rules that hold the window against it; read at every look. */
  readonly baseline: PaneFold | null
  /** One pane of one group, for sparks. */
  private readonly one: PaneFold

  constructor(rule: CompiledRule, state: MetricState) {
    this.rule = rule
    this.state = state
    this.baseline = readsHistory(rule) ? new PaneFold(state.shape) : null
    this.one = new PaneFold(state.shape)
  }

  /** Looked up anew: a change of config may put the windows of a metric in another order. */
  get windowIndex(): number {
    return this.state.metric.windows.findIndex((window) => window.name === this.rule.window)
  }

  /**
   * `end`: as of when, ms; `fold`: the rule's window read as of `end` (null for noData, which needs none);
   * `excuse`: what to say of every group where no rule can be judged.
   */
  look(...asked: Parameters<RuleState['looking']>): void {
    finish(this.looking(...asked))
  }

  /** As `look`, in pieces. */
  *looking(
    end: number,
    fold: PaneFold | null,
    tell: (change: VerdictChange) => void,
    excuse: Judgement | null = null,
  ): Work {
    const failure = excuse ?? (yield* attempting(this.readingBaseline(end))) ?? null
    if (excuse === null) this.failing = null
    for (const [group, key] of this.state.groups.keys.entries()) {
      if (group % GROUPS_AT_ONCE === GROUPS_AT_ONCE - 1) yield
      if (key === null) continue
      const before = this.standings.get(group) ?? null
      const judged = failure ?? attempt(() => this.judge(group, end, fold, before?.fired ?? false))
      if (judged.failed === true) this.failing ??= judged.reason
      const step = progress(before, judged, end, this.rule.kind === 'noData' ? 0 : this.rule.for)
      if (step.standing === null) this.standings.delete(group)
      else this.standings.set(group, step.standing)
      if (step.tell) tell(this.change(group, key, end, judged, step.standing, before))
    }
  }

  /** Whether something that was found waits for time to pass. */
  get waits(): boolean {
    return this.standings.size > 0
  }

  /** Says ok for every group somebody was told about: the rule is gone. */
  retire(end: number, tell: (change: VerdictChange) => void): void {
    for (const group of this.standings.keys()) {
      const key = this.state.groups.keys[group]
      if (key != null) this.forget(group, key, end, tell, 'rule removed')
    }
    this.standings.clear()
  }

  /** Whether a group without any pane must be remembered: it has fired, or its silence has yet to. */
  holds(group: number, end: number): boolean {
    if (this.standings.get(group)?.fired) return true
    const since = Math.max(this.state.lastAt.get(group), this.state.firstSeen.get(group))
    return this.rule.kind === 'noData' && end - since <= this.rule.for
  }

  /** Ends what was told about a group that is evicted. */
  forget(
    group: number,
    key: string,
    end: number,
    tell: (change: VerdictChange) => void,
    reason = 'not seen any more',
  ): void {
    const standing = this.standings.get(group)
    this.standings.delete(group)
    if (!standing?.told) return
    tell(this.change(group, key, end, { verdict: 'ok', reason, value: null, normal: null }, null, standing))
  }

  /** The average that a spike is held against, on the scale of the rule's window; null where unknown. */
  normal(group: number): number | null {
    if (this.rule.kind !== 'spike' || this.baseline === null) return null
    const { over, stat } = this.rule
    const window = this.state.metric.windows[this.windowIndex]!
    if (stat === 'distinct')
      return this.baseline.count(group) === 0
        ? null
        : this.baseline.meanDistinct(group, window.size / RUNG_MS[baselineRung(over)])
    const value = this.baseline.stat(stat, group)
    if (value === null || !knownWhenEmpty(stat) || stat === 'rate') return value
    return this.baseline.count(group) === 0 ? null : (value * window.size) / over
  }

  private judge(group: number, end: number, fold: PaneFold | null, firing: boolean): Judgement {
    const { rule, state } = this
    switch (rule.kind) {
      case 'noData':
        // The one group of a metric without `by` exists before its first event: it is watched from the first look.
        if (state.firstSeen.get(group) === 0) state.firstSeen.set(group, end)
        return judgeNoData(rule, end, state.heardAt.get(group), state.firstSeen.get(group))
      case 'threshold': {
        const samples = sampleCount(rule.stat, fold!, group)
        return judgeThreshold(rule, fold!.stat(rule.stat, group), samples, firing)
      }
      case 'spike': {
        const samples = sampleCount(rule.stat, this.baseline!, group)
        const value = fold!.count(group) === 0 && rule.stat !== 'ratio' ? null : fold!.stat(rule.stat, group)
        return judgeSpike(
          rule,
          value,
          this.normal(group),
          samples === Infinity ? this.baseline!.count(group) : samples,
        )
      }
      case 'drift':
      case 'atRisk':
        throw new TypeError(
          `${rule.kind} is judged over all groups of an alert at once, by a class of its own`,
        )
    }
  }

  /** Reads the time before the window that ends at `end`; without a baseline there is nothing to read. */
  *readingBaseline(end: number): Work {
    const { rule } = this
    if (this.baseline === null || !readsHistory(rule)) return
    const { over } = rule
    const rung = baselineRung(over)
    const size = RUNG_MS[rung]
    const to = Math.floor((end - this.state.metric.windows[this.windowIndex]!.size) / size)
    yield* this.baseline.reading(this.state.panes(rung), to - over / size, to, over)
  }

  protected change(
    group: number,
    key: string,
    end: number,
    judged: Judgement,
    standing: Standing | null,
    before: Standing | null,
  ): VerdictChange {
    const { rule, state } = this
    const size = rule.kind === 'noData' ? rule.for : (state.metric.windows[this.windowIndex]?.size ?? TURN)
    return {
      rule: rule.id,
      group: key,
      verdict: standing?.verdict ?? 'ok',
      reason: judged.reason,
      at: end,
      since: standing?.since ?? before?.since ?? end,
      value: judged.value,
      normal: judged.normal,
      from: end - size,
      to: end,
      spark: [...this.spark(group, end).slice(1), judged.value],
      evidence: state.evidence(group),
    }
  }

  /** The rule's stat over the panes before `end`, one value per pane of the window's (or baseline's) rung. */
  private spark(group: number, end: number): (number | null)[] {
    const window = this.state.metric.windows[this.windowIndex]
    if (!window) return []
    const rung = readsHistory(this.rule) ? baselineRung(this.rule.over) : window.rung
    const size = RUNG_MS[rung]
    const panes = this.state.panes(rung)
    const to = Math.floor(end / size)
    return Array.from({ length: SPARK }, (_, i) => {
      this.one.read(panes, to - SPARK + i, to - SPARK + i + 1, size, group)
      return this.one.stat(this.rule.stat, group)
    })
  }
}

/** An error inside a rule is a verdict like any other. Its message is not: it differs between runtimes. */
export function attempt<T>(work: () => T): T | (Judgement & { failed: true }) {
  try {
    return work()
  } catch (error) {
    return failed(error)
  }
}

/** As `attempt`, of work in pieces. */
export function* attempting<T>(work: Work<T>): Work<T | (Judgement & { failed: true })> {
  try {
    return yield* work
  } catch (error) {
    return failed(error)
  }
}

function failed(error: unknown): Judgement & { failed: true } {
  const reason = `rule failed: ${error instanceof Error ? error.name : 'error'}`
  return { verdict: 'unknown', reason, value: null, normal: null, failed: true }
}

/** Events behind a stat; infinite where nothing at all is a known value. */
function sampleCount(stat: Stat, fold: PaneFold, group: number): number {
  if (stat === 'ratio') return fold.raw(group, TOTAL)
  return knownWhenEmpty(stat) ? Number.POSITIVE_INFINITY : fold.count(group)
}
