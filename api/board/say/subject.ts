/** The subjects of the headline (the banks of "6 of 8 banks fine") and what is known of each. */
import type { Alert, CompiledConfig, KpiRow } from '../../../engine/index.ts'
import { isStale } from './measure.ts'
import { name } from './name.ts'

export interface Subject {
  name: string
  /** `bad`: an alert fires for it. `unknown`: no alert, but no current value either. */
  state: 'fine' | 'bad' | 'unknown'
}

export interface Subjects {
  noun: string
  /** Sorted by name. */
  all: Subject[]
  /** As of when the newest of them was seen, ms; null: never. */
  asOf: number | null
}

/** Collects the subjects from the rows of the headline's metric, and from alerts of groups that left no row. */
export function subjects(
  config: CompiledConfig,
  kpis: (metric: string, window: string) => KpiRow[],
  firing: Alert[],
  now: number,
): Subjects {
  const { metric, field, noun } = config.board.headline!
  const window = config.metrics.find((each) => each.name === metric)?.windows[0]?.name ?? ''
  const states = new Map<string, Subject['state']>()
  let asOf: number | null = null
  for (const row of kpis(metric, window)) {
    const key = row.group[field]
    if (key === undefined || key === '' || key === '__other__') continue
    const known = hasEvents(row) && !isStale(config, metric, window, row.asOf, now)
    states.set(key, known || states.get(key) === 'fine' ? 'fine' : 'unknown')
    asOf = Math.max(asOf ?? 0, row.asOf)
  }
  for (const alert of firing) {
    const key = alert.group[field]
    if (key !== undefined && (states.has(key) || alert.metric === metric)) states.set(key, 'bad')
    // One alert may be about many of them, as where their template broke.
    if (alert.kind !== 'drift') continue
    for (const each of alert.about?.[field] ?? []) if (states.has(each)) states.set(each, 'bad')
  }
  const all = [...states].map(([key, state]) => ({ name: name(key), state }))
  all.sort((a, b) => (a.name < b.name ? -1 : 1))
  return { noun: noun.slice(0, 40), all, asOf }
}

/** A count of nothing is a number too, but it is no news of the subject. */
function hasEvents(row: KpiRow): boolean {
  return Object.entries(row.values).some(([stat, value]) => {
    const counts = stat === 'count' || stat === 'rate' || stat === 'sum' || stat === 'distinct'
    return typeof value === 'number' && (!counts || value !== 0)
  })
}
