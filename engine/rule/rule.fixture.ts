/** Rules for tests, over the metrics of the fold's fixture. */
import type { NoDataRule, SpikeRule, ThresholdRule } from '../config/compiled.ts'

const base = {
  metric: 'm',
  stat: 'mean',
  window: '1m',
  severity: 'critical',
  notify: [],
  says: null,
  for: 0,
} as const

export function threshold(options: Partial<ThresholdRule> = {}): ThresholdRule {
  const rule = {
    ...base,
    notify: [],
    kind: 'threshold',
    above: 100,
    below: null,
    clear: null,
    minSamples: 1,
  } as const
  return { ...rule, id: 'high', hash: 'high', ...options }
}

export function spike(options: Partial<SpikeRule> = {}): SpikeRule {
  const rule = {
    ...base,
    notify: [],
    kind: 'spike',
    times: 3,
    over: 3_600_000,
    minSamples: 1,
    floor: 0,
  } as const
  return { ...rule, id: 'spike', hash: 'spike', ...options }
}

export function noData(options: Partial<NoDataRule> = {}): NoDataRule {
  return {
    ...base,
    notify: [],
    stat: 'count',
    kind: 'noData',
    for: 600_000,
    id: 'quiet',
    hash: 'quiet',
    ...options,
  }
}
