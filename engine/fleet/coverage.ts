/** Coverage: of every source and field, how many runs found it, found it truthfully absent, lost it, or did not look. Pure. */
import type { FieldState } from '../event/field.ts'
import type { CatalogEntry } from './catalog.ts'

export interface CoverageRow {
  scraper: string
  template: string
  fleet: string
  field: string
  /** Runs that saw the page, by the state of the field. */
  states: Partial<Record<FieldState, number>>
  /** Runs that saw the page, and runs that did not get so far. */
  looked: number
  notRun: number
}

/** Of all runs; together 1. `present` includes `healed`, `missing` what was empty or invalid. */
export interface Shares {
  present: number
  absent: number
  missing: number
  notRun: number
}

/** Counts of one group of the metrics behind it. */
export interface StateCount {
  scraper: string
  template: string
  fleet: string
  field: string
  state: string
  count: number
}

export interface UnseenCount {
  scraper: string
  count: number
}

/** Sorted by scraper and field. Sources of the catalog whose fields nobody looked at are there, too. */
export function coverageOf(
  states: readonly StateCount[],
  unseen: readonly UnseenCount[],
  catalog: readonly Pick<CatalogEntry, 'name' | 'template' | 'fleet' | 'fields'>[],
): CoverageRow[] {
  const rows = new Map<string, CoverageRow>()
  const notRun = new Map(unseen.map(({ scraper, count }) => [scraper, count]))
  const rowOf = (scraper: string, template: string, fleet: string, field: string): CoverageRow => {
    const key = `${scraper}\n${field}`
    const row = rows.get(key) ?? {
      scraper,
      template,
      fleet,
      field,
      states: {},
      looked: 0,
      notRun: notRun.get(scraper) ?? 0,
    }
    rows.set(key, row)
    return row
  }
  for (const { name, template, fleet, fields } of catalog)
    for (const field of fields) rowOf(name, template, fleet, field.name)
  for (const { scraper, template, fleet, field, state, count } of states) {
    if (count === 0) continue
    const row = rowOf(scraper, template, fleet, field)
    row.states[state as FieldState] = (row.states[state as FieldState] ?? 0) + count
    row.looked += count
  }
  return [...rows.values()].toSorted((a, b) => order(a.scraper, b.scraper) || order(a.field, b.field))
}

/** Over several rows, each run of each field counting once; null without any. */
export function sharesOf(rows: readonly CoverageRow[]): Shares | null {
  const sum = (of: (row: (typeof rows)[number]) => number): number =>
    rows.reduce((all, row) => all + of(row), 0)
  const all = sum(({ looked, notRun }) => looked + notRun)
  if (all === 0) return null
  const share = (...states: FieldState[]): number =>
    sum((row) => states.reduce((n, state) => n + (row.states[state] ?? 0), 0)) / all
  return {
    present: share('ok', 'healed'),
    absent: share('absent'),
    missing: share('missing', 'empty', 'invalid'),
    notRun: sum(({ notRun }) => notRun) / all,
  }
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
