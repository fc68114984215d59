/**
 * Metrics that are part of a config without being written: those behind coverage, wherever scrapers are, and that of
 * batches. People cannot declare a metric with such a name, for `~` is not allowed in one.
 */
import { fields } from './fields.ts'
import type { Metric } from './metric.ts'
import { runs } from './runs.ts'

const WINDOWS = ['1h', '6h', '1d', '2d', '7d'] as const

/** Of each field of each scraper, how many runs found it in which state. */
export const FIELDS_BY_STATE = fields.metric('fields~states', {
  by: ['template', 'fleet', 'scraper', 'field', 'state'],
  stats: ['count'],
  windows: WINDOWS,
  series: [],
})

/** Of each scraper, how many runs did not get so far as to look at a field. */
export const UNSEEN_RUNS = runs.metric('runs~unseen', {
  by: ['fleet', 'scraper'],
  where: {
    outcome: {
      in: ['skipped', 'crashed', 'proxy_failed', 'rate_limited', 'blocked', 'auth_failed', 'site_down'],
    },
  },
  stats: ['count'],
  windows: WINDOWS,
  series: [],
})

/** Of each scraper, how many of its runs were right; the window is how late a run may be told and still count for its batch. */
export const RIGHT_RUNS = runs.metric('runs~right', {
  by: ['fleet', 'scraper'],
  where: { right: true },
  stats: ['ratio'],
  windows: ['10m'],
  series: [],
})

const BUILT_IN: readonly Metric[] = [FIELDS_BY_STATE, UNSEEN_RUNS, RIGHT_RUNS]

/** Those of a config with scrapers. */
export function coverageMetrics(): Metric[] {
  return [FIELDS_BY_STATE, UNSEEN_RUNS]
}

export function isBuiltIn(metric: Metric): boolean {
  return BUILT_IN.includes(metric)
}

/** Whether a metric of this name was not declared by people. */
export function isUndeclared({ name }: { name: string }): boolean {
  return name.includes('~')
}
