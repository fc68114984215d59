/** `GET /v1/coverage`: of every source and field, how often it was found, truthfully absent, lost, or not looked at. */
import type { Context } from 'hono'
import {
  coverageOf,
  type CoverageRow,
  FIELDS_BY_STATE,
  type FleetSchedule,
  type Reader,
  sharesOf,
  type StateCount,
  suggest,
  UNSEEN_RUNS,
} from '../../engine/index.ts'
import { sharedRead, type SharedRead } from '../fleet/shared-read.ts'
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

/** Answers with all of a window counted at most every few seconds, whoever asks. */
export function coverageRoute(deps: CoverageDeps): (c: Context) => Promise<Response> {
  const windows = new Map<string, SharedRead<Counted>>()
  const count: Count = (window) => {
    const read = windows.get(window) ?? sharedRead(() => counted(deps, window), deps.clock)
    windows.set(window, read)
    return read.read()
  }
  return (c) => readCoverage(c, deps, count)
}

interface Counted {
  rows: CoverageRow[]
  /** What was counted until then, ms since 1970; null where nothing was. */
  to: number | null
}

type Count = (window: string) => Promise<Counted>

async function counted({ reader, schedule }: CoverageDeps, window: string): Promise<Counted> {
  const states = reader.kpis(FIELDS_BY_STATE.name, { window })
  const unseen = reader.kpis(UNSEEN_RUNS.name, { window })
  const rows = coverageOf(
    states.rows.map(({ group, values: { count } }) => ({ ...group, count: count ?? 0 }) as StateCount),
    unseen.rows.map(({ group, values: { count } }) => ({ scraper: group['scraper']!, count: count ?? 0 })),
    await schedule.scrapers(),
  )
  return { rows, to: states.rows.reduce((newest, { asOf }) => Math.max(newest, asOf), 0) || null }
}

async function readCoverage(c: Context, { reader, clock }: CoverageDeps, count: Count): Promise<Response> {
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
  const { fleet, scraper, cursor } = values
  const { rows: all, to } = await count(window.name)
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
    window: { name: window.name, from: (to ?? now) - window.size, to: to ?? now },
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
