/** One look of a rule at one group: ok, firing or unknown, always with the reason. Pure. */
import type { NoDataRule, SpikeRule, ThresholdRule } from '../config/compiled.ts'

export interface Judgement {
  verdict: 'ok' | 'firing' | 'unknown'
  reason: string
  value: number | null
  /** What the value is held against: the limit, the baseline, the allowed silence in ms. */
  normal: number | null
  /** Set where the rule itself could not be run. */
  failed?: boolean
}

/** Of every rule of a live stream while the time of its log means nothing (log-clock.ts). */
export const CLOCK_AHEAD: Judgement = {
  verdict: 'unknown',
  reason: "the log's clock is ahead",
  value: null,
  normal: null,
}

/** `value` of the window, the number of events behind it, and whether the rule is firing now (for `clear`). */
export function judgeThreshold(
  rule: Pick<ThresholdRule, 'above' | 'below' | 'clear' | 'minSamples'>,
  value: number | null,
  samples: number,
  firing: boolean,
): Judgement {
  const limit = rule.above ?? rule.below
  if (value === null) return { verdict: 'unknown', reason: 'no samples in the window', value, normal: limit }
  if (samples < rule.minSamples) {
    const reason = `${samples} of ${rule.minSamples} samples needed`
    return { verdict: 'unknown', reason, value, normal: limit }
  }
  const bound = firing ? (rule.clear ?? limit!) : limit!
  const beyond = rule.above !== null ? value > bound : value < bound
  const side = rule.above !== null ? 'above' : 'below'
  if (beyond) return { verdict: 'firing', reason: `${side} ${bound}`, value, normal: limit }
  return { verdict: 'ok', reason: `not ${side} ${bound}`, value, normal: limit }
}

/** `baseline`: the stat's average over the time before the window; `samples`: the events behind that average. */
export function judgeSpike(
  rule: Pick<SpikeRule, 'times' | 'minSamples' | 'floor'>,
  value: number | null,
  baseline: number | null,
  samples: number,
): Judgement {
  if (value === null)
    return { verdict: 'unknown', reason: 'no samples in the window', value, normal: baseline }
  if (baseline === null || samples < rule.minSamples) {
    const reason = `baseline has ${samples} of ${rule.minSamples} samples needed`
    return { verdict: 'unknown', reason, value, normal: baseline }
  }
  if (value < rule.floor)
    return { verdict: 'ok', reason: `below the floor of ${rule.floor}`, value, normal: baseline }
  if (value > rule.times * baseline) {
    return { verdict: 'firing', reason: `above ${rule.times} times its average`, value, normal: baseline }
  }
  return { verdict: 'ok', reason: `not above ${rule.times} times its average`, value, normal: baseline }
}

/**
 * `asOf`: event time; `lastAt`: newest event time up to it, 0 for none; `watchedSince`: log time at which the group was first seen. A group is given
 * the whole allowance after it was first seen, so that loading history raises no alarm.
 */
export function judgeNoData(
  rule: Pick<NoDataRule, 'for'>,
  asOf: number,
  lastAt: number,
  watchedSince: number,
): Judgement {
  const silent = asOf - (lastAt > 0 ? lastAt : watchedSince)
  const judged = { value: Math.max(0, silent), normal: rule.for }
  if (lastAt > 0 && silent < rule.for) return { verdict: 'ok', reason: 'events arrive', ...judged }
  if (asOf - watchedSince < rule.for)
    return { verdict: 'unknown', reason: 'not watched long enough', ...judged }
  return { verdict: 'firing', reason: 'no events', ...judged }
}
