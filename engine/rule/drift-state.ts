/**
 * A drift rule on one partition: every group of its metric is held against its own history, and those that left it
 * are told together, one alert for each value of the rule's `by`. A template that breaks is one alert, not n.
 *
 * A group that drifted is held against the history it had then, which is kept: else what is wrong would soon be
 * what is usual. A share stays away until it is back. A range or a set of values that has lasted as long as a
 * history is the new usual, and so is a group that has not been seen for so long.
 */
import { type DriftRule } from '../config/compiled.ts'
import { groupKey, OTHER_KEY } from '../window/group-key.ts'
import type { PaneFold } from '../window/pane-fold.ts'
import { COUNT, MAX, MIN, TOTAL } from '../window/shape.ts'
import type { Judgement } from './judge.ts'
import { chanceOf, type DriftJudgement, isNoChance, judgeDrift, type Profile } from './judge-drift.ts'
import { progress, REFRESH, type Standing } from './progress.ts'
import { attempting, GROUPS_AT_ONCE, RuleState } from './rule-state.ts'
import type { Evidence, VerdictChange } from './verdict.ts'
import type { Work } from '../work.ts'

/** Values named per field of an alert. */
const MAX_NAMED = 20

/** A group away from its history: since when, when last seen (event time, ms), and that history. */
interface Drifted {
  since: number
  seenAt: number
  history: Profile
}

/** An alert that somebody was told of, or will be, and the values it then named. */
interface Open {
  standing: Standing
  about: Record<string, string[]>
}

export interface SavedDrift {
  open: [string, Open][]
  drifted: [number, Drifted][]
}

/** What was found of the groups of one alert. */
interface Finding {
  /** Groups that are away, and how each is judged. */
  away: { group: number; judged: DriftJudgement }[]
  /** How many groups had events in the window, how many could be judged, and the last that is as it was. */
  seen: number
  known: number
  usual: DriftJudgement | null
  /** Why the first group that could not be judged was not. */
  unknown: string | null
}

/** Where a group belongs: its values by field, its alert, and the groups it is judged together with. */
interface Place {
  key: string
  values: (string | null)[]
  alert: string
  pool: string
}

interface Pool {
  hits: number
  events: number
  expected: number
  /** Groups whose own share moved far enough, the way that the rule minds. */
  moved: { group: number; history: Profile; judged: DriftJudgement }[]
}

export class DriftState extends RuleState {
  private readonly open = new Map<string, Open>()
  private readonly drifted = new Map<number, Drifted>()
  private readonly places: (Place | undefined)[] = []

  private get limits(): DriftRule {
    return this.rule as DriftRule
  }

  override get waits(): boolean {
    return this.open.size > 0
  }

  override *looking(...[end, fold, tell, excuse = null]: Parameters<RuleState['looking']>): Work {
    const found = excuse ?? (yield* attempting(this.finding(end, fold!)))
    if (excuse === null) this.failing = null
    if (!(found instanceof Map)) {
      if (found.failed === true) this.failing = found.reason
      for (const alert of new Set([...this.open.keys(), ...this.alerts()]))
        this.step(alert, end, found, [], tell)
      return
    }
    for (const alert of this.open.keys()) if (!found.has(alert)) found.set(alert, NOTHING)
    for (const [alert, { away, seen, known, usual, unknown }] of found) {
      const firing = away.filter(({ judged }) => judged.verdict === 'firing')
      const worst = farthest(firing.length > 0 ? firing : away)
      const rest = known > 0 ? (known === 1 ? usual! : AS_EVER) : unknown === null ? GONE : notKnown(unknown)
      const judged = worst?.judged ?? rest
      const reason = firing.length > 1 ? `${firing.length} of ${seen} groups ${judged.reason}` : judged.reason
      this.step(alert, end, { ...judged, reason }, firing.length > 0 ? firing : away, tell)
    }
  }

  override retire(end: number, tell: (change: VerdictChange) => void): void {
    for (const [alert, { standing }] of this.open)
      if (standing.told)
        tell(this.told(alert, end, { ...AS_EVER, reason: 'rule removed' }, null, standing, []))
    this.open.clear()
    this.drifted.clear()
  }

  override holds(group: number): boolean {
    return this.drifted.has(group)
  }

  override forget(group: number): void {
    this.drifted.delete(group)
  }

  save(): SavedDrift {
    return { open: [...this.open], drifted: [...this.drifted] }
  }

  restore(saved: SavedDrift): void {
    for (const [alert, open] of saved.open) this.open.set(alert, open)
    for (const [group, drifted] of saved.drifted) this.drifted.set(group, drifted)
  }

  /** Judges every group, marks those that leave or come back, and gathers them by alert. */
  private *finding(end: number, fold: PaneFold): Work<Map<string, Finding>> {
    yield* this.readingBaseline(end)
    const found = new Map<string, Finding>()
    const pools = new Map<string, Pool>()
    for (const [group, key] of this.state.groups.keys.entries()) {
      if (group % GROUPS_AT_ONCE === GROUPS_AT_ONCE - 1) yield
      if (key === null || key === OTHER_KEY) continue
      const place = this.place(group, key)
      const finding = found.get(place.alert) ?? { away: [], seen: 0, known: 0, usual: null, unknown: null }
      found.set(place.alert, finding)
      this.judgeGroup(group, place, end, fold, finding, pools)
    }
    for (const pool of pools.values()) this.judgePool(pool, end, found)
    return found
  }

  private judgeGroup(
    group: number,
    place: Place,
    end: number,
    fold: PaneFold,
    finding: Finding,
    pools: Map<string, Pool>,
  ): void {
    const { limits } = this
    const window = this.profile(fold, group)
    if (window.events > 0) finding.seen++
    const before = this.drifted.get(group)
    if (before && window.events > 0) before.seenAt = end
    const last = before && (limits.stat === 'ratio' ? before.seenAt : before.since)
    if (last !== undefined && end - last >= limits.over) this.drifted.delete(group)
    const known = this.drifted.get(group)
    const history = known?.history ?? this.profile(this.baseline!, group)
    const value = limits.stat === 'distinct' ? null : fold.stat(limits.stat, group)
    const judged = judgeDrift(limits, window, history, value, known !== undefined)
    if (judged.verdict === 'unknown') finding.unknown ??= judged.reason
    else finding.known++
    if (judged.verdict === 'ok') {
      this.drifted.delete(group)
      finding.usual = judged
    }
    if (judged.verdict === 'firing' && !known) this.drifted.set(group, { since: end, seenAt: end, history })
    if (this.drifted.has(group)) finding.away.push({ group, judged })
    else if (limits.across !== null) this.pool(pools, place.pool, group, window, history)
  }

  /** Adds a group that is not away by itself to those it is judged together with. */
  private pool(
    pools: Map<string, Pool>,
    name: string,
    group: number,
    window: Profile,
    history: Profile,
  ): void {
    const { minHistory } = this.limits
    if (history.events < minHistory || window.events === 0) return
    const pool = pools.get(name) ?? { hits: 0, events: 0, expected: 0, moved: [] }
    pools.set(name, pool)
    pool.hits += window.matched
    pool.events += window.events
    pool.expected += window.events * chanceOf(history)
    // With the test left out: whether one moved is for all of them together to say.
    const judged = judgeDrift(this.limits, window, history, null, true)
    if (judged.verdict === 'firing') pool.moved.push({ group, history, judged })
  }

  /**
   * Many groups of which each had too few events to tell by itself. Each is held against its own chance, so that
   * nothing moves where only their shares of the events do; for the sum of trials of unequal chance a binomial of
   * the mean chance has the heavier tail (Hoeffding 1956), so the test errs on the quiet side.
   */
  private judgePool({ hits, events, expected, moved }: Pool, end: number, found: Map<string, Finding>): void {
    const { change, direction, minSamples } = this.limits
    if (moved.length === 0 || events < minSamples) return
    const by = (hits - expected) / events
    const p = expected / events
    const up = direction !== 'down' && by >= change && isNoChance(hits, events, p)
    const down = direction !== 'up' && -by >= change && isNoChance(events - hits, events, 1 - p)
    for (const { group, history, judged } of moved) {
      if (judged.value! > judged.normal! ? !up : !down) continue
      this.drifted.set(group, { since: end, seenAt: end, history })
      const finding = found.get(this.places[group]!.alert)!
      finding.away.push({ group, judged })
    }
  }

  private step(
    alert: string,
    end: number,
    judged: Judgement,
    groups: { group: number; judged: DriftJudgement }[],
    tell: (change: VerdictChange) => void,
  ): void {
    const before = this.open.get(alert) ?? null
    const { standing, tell: news } = progress(before?.standing ?? null, judged, end, this.rule.for)
    const about = groups.length > 0 ? this.about(groups.map(({ group }) => group)) : (before?.about ?? {})
    const others = before !== null && standing !== null && end - standing.toldAt >= REFRESH
    const renamed = others && JSON.stringify(about) !== JSON.stringify(before.about)
    const kept = renamed && standing !== null ? { ...standing, toldAt: end } : standing
    // What was never more than unknown is nobody's alert, and nothing to remember.
    if (kept === null || (kept.verdict === 'unknown' && !kept.told && !kept.fired)) this.open.delete(alert)
    else this.open.set(alert, { standing: kept, about: news || renamed ? about : (before?.about ?? about) })
    if (news || renamed) tell(this.told(alert, end, judged, kept, before?.standing ?? null, groups, about))
  }

  private told(
    alert: string,
    end: number,
    judged: Judgement,
    standing: Standing | null,
    before: Standing | null,
    groups: { group: number; judged: DriftJudgement }[],
    about: Record<string, string[]> = {},
  ): VerdictChange {
    const worst = farthest(groups)?.group ?? 0
    const change = this.change(worst, alert, end, judged, standing, before)
    const evidence = newest(groups.map(({ group }) => this.state.evidence(group)))
    return { ...change, evidence, ...(Object.keys(about).length > 0 && { about }) }
  }

  /** The values that groups have in the fields by which an alert is not named. */
  private about(groups: readonly number[]): Record<string, string[]> {
    const { by } = this.state.metric
    const about: Record<string, string[]> = {}
    for (const [i, field] of by.entries()) {
      if (this.limits.by.includes(field)) continue
      const values = new Set(groups.map((group) => this.places[group]!.values[i] ?? ''))
      about[field] = [...values].toSorted().slice(0, MAX_NAMED)
    }
    return about
  }

  private profile(fold: PaneFold, group: number): Profile {
    const ranged = this.state.shape.values && fold.groups.has(group)
    return {
      events: fold.raw(group, TOTAL),
      matched: fold.raw(group, COUNT),
      min: ranged ? fold.raw(group, MIN) : 0,
      max: ranged ? fold.raw(group, MAX) : 0,
      values: fold.values(group),
    }
  }

  private *alerts(): Iterable<string> {
    for (const [group, key] of this.state.groups.keys.entries())
      if (key !== null && key !== OTHER_KEY) yield this.place(group, key).alert
  }

  private place(group: number, key: string): Place {
    const known = this.places[group]
    if (known?.key === key) return known
    const { by } = this.state.metric
    const values = JSON.parse(key) as (string | null)[]
    const keyOf = (fields: (field: string) => boolean): string =>
      groupKey(values.filter((_, i) => fields(by[i]!)))
    const place = {
      key,
      values,
      alert: keyOf((field) => this.limits.by.includes(field)),
      pool: keyOf((field) => field !== this.limits.across),
    }
    this.places[group] = place
    return place
  }
}

const NOTHING: Finding = { away: [], seen: 0, known: 0, usual: null, unknown: null }
const AS_EVER: Judgement = { verdict: 'ok', reason: 'within history', value: null, normal: null }
const GONE: Judgement = { ...AS_EVER, reason: 'not seen any more' }

function notKnown(reason: string): Judgement {
  return { verdict: 'unknown', reason, value: null, normal: null }
}

function farthest<T extends { judged: DriftJudgement }>(groups: readonly T[]): T | undefined {
  return groups.reduce<T | undefined>(
    (worst, one) => (worst === undefined || one.judged.distance > worst.judged.distance ? one : worst),
    undefined,
  )
}

function newest(places: readonly (Evidence | null)[]): Evidence | null {
  return places.reduce((last, one) => {
    if (one === null || last === null) return last ?? one
    return (one.ms - last.ms || one.seq - last.seq || one.row - last.row) > 0 ? one : last
  }, null)
}
