/** Whether a group has left its own history: its share, its range, or the set of its values. Pure. */
import type { DriftRule } from '../config/compiled.ts'
import { EXACT, HyperLogLogArena } from '../window/hyper-log-log-arena.ts'
import { upperTail } from './binomial.ts'
import type { Judgement } from './judge.ts'

/** What a run of panes says of a group. */
export interface Profile {
  events: number
  /** Events that meet the metric's `where`. */
  matched: number
  min: number
  max: number
  /** The different values, as HyperLogLogArena.save gives them; empty where they are not counted. */
  values: number[]
}

export interface DriftJudgement extends Judgement {
  /** How far it is from its history: of several groups the farthest speaks for all. */
  distance: number
}

/** The chance below which a share has not changed by chance. */
const CHANCE = 1e-4
/** A range of one sign is left beyond this factor at least. */
const FACTOR = 2

type Limits = Pick<DriftRule, 'stat' | 'change' | 'direction' | 'minSamples' | 'minHistory'>

/**
 * `value`: the rule's stat over the window; `drifted`: whether the group was away from `history` at the last look.
 * Then neither test nor number of samples is asked for: where it is now says whether it is back.
 */
export function judgeDrift(
  rule: Limits,
  window: Profile,
  history: Profile,
  value: number | null,
  drifted: boolean,
): DriftJudgement {
  const of = rule.stat === 'ratio' ? 'events' : 'matched'
  const unknown = (reason: string): DriftJudgement => ({
    verdict: 'unknown',
    reason,
    value,
    normal: null,
    distance: 0,
  })
  if (history[of] < rule.minHistory)
    return unknown(`${history[of]} of ${rule.minHistory} samples of history needed`)
  const needed = drifted ? 1 : rule.minSamples
  if (window[of] < needed) return unknown(`${window[of]} of ${needed} samples needed`)
  if (rule.stat === 'ratio') return judgeShare(rule, window, history, drifted)
  if (rule.stat === 'distinct') return judgeValues(window, history)
  return judgeRange(rule, window, history, value)
}

/** How likely a group meets `where`, by its history; never 0 or 1 (Laplace's rule of succession). */
export function chanceOf(history: Profile): number {
  return (history.matched + 1) / (history.events + 2)
}

/** Whether `hits` of `n` are so many more than a chance of `p` gives, that it is no chance. */
export function isNoChance(hits: number, n: number, p: number): boolean {
  return upperTail(hits, n, p) < CHANCE
}

function judgeShare(rule: Limits, window: Profile, history: Profile, drifted: boolean): DriftJudgement {
  const value = window.matched / window.events
  const normal = history.matched / history.events
  const moved = value - normal
  const p = chanceOf(history)
  const up = rule.direction !== 'down' && moved >= rule.change
  const down = rule.direction !== 'up' && -moved >= rule.change
  const others = window.events - window.matched
  const left =
    (up && (drifted || isNoChance(window.matched, window.events, p))) ||
    (down && (drifted || isNoChance(others, window.events, 1 - p)))
  return left
    ? {
        verdict: 'firing',
        reason: `${up ? 'above' : 'below'} history`,
        value,
        normal,
        distance: Math.abs(moved),
      }
    : { verdict: 'ok', reason: 'within history', value, normal, distance: 0 }
}

/** A range is left only when every value of the window is beyond it: one outlier is no drift. */
function judgeRange(rule: Limits, window: Profile, history: Profile, value: number | null): DriftJudgement {
  const { low, high } = bandOf(history.min, history.max)
  if (rule.direction !== 'down' && window.min > high) {
    const distance = distanceOf(window.min, history.max)
    return { verdict: 'firing', reason: 'above history', value, normal: history.max, distance }
  }
  if (rule.direction !== 'up' && window.max < low) {
    const distance = distanceOf(window.max, history.min)
    return { verdict: 'firing', reason: 'below history', value, normal: history.min, distance }
  }
  return { verdict: 'ok', reason: 'within history', value, normal: history.max, distance: 0 }
}

/**
 * What is still normal beyond min…max. Of one sign: by its own factor, twice at least; a slipped decimal point is a
 * factor of 10, a price without its cents one of 100. Of both signs: by its own length.
 */
export function bandOf(min: number, max: number): { low: number; high: number } {
  if (min > 0) {
    const factor = Math.max(FACTOR, max / min)
    return { low: min / factor, high: max * factor }
  }
  if (max < 0) {
    const factor = Math.max(FACTOR, min / max)
    return { low: min * factor, high: max / factor }
  }
  return { low: min - (max - min), high: max + (max - min) }
}

function distanceOf(value: number, bound: number): number {
  return Math.abs(value - bound) / Math.max(Math.abs(bound), Number.MIN_VALUE)
}

function judgeValues(window: Profile, history: Profile): DriftJudgement {
  const set = new HyperLogLogArena()
  set.restore(0, history.values)
  const known = set.count(0)
  const seen = new HyperLogLogArena()
  seen.restore(0, window.values)
  set.merge(0, seen, 0)
  const added = set.count(0) - known
  const judged = { value: added, normal: known, distance: added }
  // Beyond that both counts are estimates, and their difference says nothing.
  if (set.count(0) > EXACT)
    return { ...judged, verdict: 'unknown', reason: `more than ${EXACT} different values`, distance: 0 }
  if (added > 0) return { ...judged, verdict: 'firing', reason: 'with values new to history' }
  return { ...judged, verdict: 'ok', reason: 'within history' }
}
