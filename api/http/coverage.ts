/** `GET /v1/coverage`: of every source and field, how often it was found, truthfully absent, lost, or not looked at. */
import type { Context } from 'hono'
import {
  coverageOf,
  type CoverageRow,
  FIELDS_BY_STATE,
  type FleetSchedule,
  type KpiAnswer,
  type Reader,
  sharesOf,
  type StateCount,
  suggest,
  UNSEEN_RUNS,
} from '../../engine/index.ts'
import { momentMs } from './moment.ts'
import { NO_CONFIG, problem, type Problem } from './problem.ts'
import { bad, readQuery, limitOf } from './query.ts'

export interface CoverageDeps {
  reader: Reader
  schedule: FleetSchedule
  clock: () => number
}

const HOUR = 3_600_000
const PAGE = 500
const MAX_PAGE = 5000

const NO_SCRAPERS: Problem = {
  status: 404,
  title: 'No coverage',
  detail: 'The configuration names no scrapers, so no fields are counted.',
  todo: 'Name the files of your scrapers: scrapers: "./scrapers/*.ts".',
}

export async function readCoverage(c: Context, { reader, schedule, clock }: CoverageDeps): Promise<Response> {
  const { values } = readQuery(c.req.url, ['fleet', 'scraper', 'from', 'cursor', 'limit'])
  const config = reader.config()
  if (config === null) return problem(c, NO_CONFIG)
  const metric = config.metrics.find(({ name }) => name === FIELDS_BY_STATE.name)
  if (metric === undefined) return problem(c, NO_SCRAPERS)
  const now = clock()
  const from = values.from === undefined ? now - HOUR : momentMs(values.from, 'from', now)
  const window = metric.windows.find(({ size }) => now - size <= from)
  if (window === undefined) {
    const longest = metric.windows.at(-1)!.name
    throw bad('It is too long ago.', `Coverage is kept for ${longest}: give -${longest} or later.`, 'from')
  }
  const states = reader.kpis(FIELDS_BY_STATE.name, { window: window.name })
  const unseen = reader.kpis(UNSEEN_RUNS.name, { window: window.name })
  const { fleet, scraper, cursor } = values
  const all = coverageOf(
    states.rows.map(({ group, values: { count } }) => ({ ...group, count: count ?? 0 }) as StateCount),
    unseen.rows.map(({ group, values: { count } }) => ({ scraper: group['scraper']!, count: count ?? 0 })),
    await schedule.scrapers(),
  )
  const found = all.filter(
    (row) =>
      (fleet === undefined || row.fleet === fleet) && (scraper === undefined || row.scraper === scraper),
  )
  if (fleet !== undefined && found.length === 0) {
    const fleets = [...new Set(all.map((row) => row.fleet))]
    if (!fleets.includes(fleet)) throw bad('There is no such fleet.', suggest(fleet, fleets), 'fleet')
  }
  const limit = limitOf(values.limit, 'fields', PAGE, MAX_PAGE)
  const rest = cursor === undefined ? found : found.filter((row) => isAfter(row, cursor))
  const rows = rest.slice(0, limit)
  return c.json({
    now,
    // What was counted until then, and since when: windows move by steps.
    window: { name: window.name, ...spanOf(states, window.size, now) },
    sources: new Set(found.map((row) => row.scraper)).size,
    fields: found.length,
    shares: sharesOf(found),
    rows: rows.map((row) => ({ ...row, shares: sharesOf([row]) })),
    cursor: rest.length > limit ? cursorOf(rows.at(-1)!) : null,
  })
}

type Row = Pick<CoverageRow, 'scraper' | 'field'>

function cursorOf({ scraper, field }: Row): string {
  return `${scraper}/${field}`
}

/** In the order of rows: by scraper, whose name holds no slash, then by field. */
function isAfter({ scraper, field }: Row, cursor: string): boolean {
  const slash = cursor.indexOf('/')
  const [lastScraper, lastField] = [cursor.slice(0, slash), cursor.slice(slash + 1)]
  return scraper > lastScraper || (scraper === lastScraper && field > lastField)
}

function spanOf({ rows }: KpiAnswer, size: number, now: number): { from: number; to: number } {
  const to = rows.reduce((newest, { asOf }) => Math.max(newest, asOf), 0) || now
  return { from: to - size, to }
}
