/** Rules for tests, over the metrics of the fold's fixture. */
import type { DriftRule, NoDataRule, SpikeRule, ThresholdRule } from '../config/compiled.ts'

const base = (id: string): Omit<NoDataRule, 'kind'> => ({
  id,
  hash: id,
  metric: 'm',
  stat: 'mean',
  window: '1m',
  severity: 'critical',
  notify: [],
  says: null,
  for: 0,
})

export function threshold(options: Partial<ThresholdRule> = {}): ThresholdRule {
  return {
    ...base('high'),
    kind: 'threshold',
    above: 100,
    below: null,
    clear: null,
    minSamples: 1,
    ...options,
  }
}

export function spike(options: Partial<SpikeRule> = {}): SpikeRule {
  return { ...base('spike'), kind: 'spike', times: 3, over: 3_600_000, minSamples: 1, floor: 0, ...options }
}

export function noData(options: Partial<NoDataRule> = {}): NoDataRule {
  return { ...base('quiet'), kind: 'noData', stat: 'count', for: 600_000, ...options }
}

export function drift(options: Partial<DriftRule> = {}): DriftRule {
  return {
    ...base('drift'),
    kind: 'drift',
    metric: 'share',
    stat: 'ratio',
    over: 3_600_000,
    by: ['k'],
    across: null,
    change: 0.2,
    direction: 'both',
    minSamples: 3,
    minHistory: 20,
    ...options,
  }
}
