/** `GET /v1/fleet`: all scrapers, worst first, with everything the fleet page shows of them. */
import type { Context } from 'hono'
import type { Reader } from '../../engine/index.ts'
import type { Mood } from '../board/board.ts'
import type { FleetSource } from '../fleet/fleet-source.ts'
import { compareRanks } from '../fleet/rank.ts'
import type { FleetRow } from '../fleet/row.ts'
import { freshness, type Freshness } from './freshness.ts'
import { NO_CONFIG, problem } from './problem.ts'
import { bad, oneOf, readQuery, limitOf } from './query.ts'

export interface FleetDeps {
  reader: Reader
  fleet: FleetSource
  clock: () => number
}

export interface FleetAnswer extends Freshness {
  /** When it was put together, ms since 1970. */
  at: number
  /** Of all that match, on all pages. */
  total: number
  moods: Record<Mood, number>
  /** Over the last runs of all that match; null without any. */
  ran: number | null
  right: number | null
  /** Names of all fleets. */
  fleets: string[]
  /** Whether all of the log was read; else older runs are still to come. */
  complete: boolean
  rows: FleetRow[]
  cursor: string | null
}

const MOODS: readonly Mood[] = ['bad', 'warn', 'unknown', 'good']
const PAGE = 50
const MAX_PAGE = 500
const PARAMETERS = ['fleet', 'scraper', 'mood', 'cursor', 'limit']

export async function readFleet(c: Context, { reader, fleet, clock }: FleetDeps): Promise<Response> {
  const { values } = readQuery(c.req.url, PARAMETERS)
  const mood = values.mood === undefined ? null : oneOf(values.mood, MOODS, 'mood')
  const limit = limitOf(values.limit, 'scrapers', PAGE, MAX_PAGE)
  const after = values.cursor === undefined ? null : placeOf(values.cursor)
  const all = await fleet.read()
  if (all === null) return problem(c, NO_CONFIG)
  const { fleet: label, scraper } = values
  const scope = all.rows.filter(
    (row) =>
      (label === undefined || row.fleet === label) &&
      (scraper === undefined || row.scraper.includes(scraper)),
  )
  const found = mood === null ? scope : scope.filter((row) => row.mood === mood)
  const rest = after === null ? found : found.filter((row) => comparePlaces(row, after) > 0)
  const rows = rest.slice(0, limit)
  const answer: FleetAnswer = {
    ...freshness(reader, clock()),
    at: all.at,
    total: found.length,
    moods: countMoods(scope),
    ran: meanOf(found.map(({ ran }) => ran)),
    right: meanOf(found.map(({ right }) => right)),
    fleets: [...new Set(all.rows.map((row) => row.fleet))].toSorted(),
    complete: all.complete,
    rows,
    cursor: rest.length > limit ? cursorOf(rows.at(-1)!) : null,
  }
  return c.json(answer)
}

type Place = Pick<FleetRow, 'level' | 'weight' | 'scraper'>

function comparePlaces(a: Place, b: Place): number {
  return compareRanks(a, b) || (a.scraper < b.scraper ? -1 : a.scraper > b.scraper ? 1 : 0)
}

function cursorOf({ level, weight, scraper }: Place): string {
  return `${level}/${weight}/${scraper}`
}

function placeOf(cursor: string): Place {
  const [, level, weight, scraper] = /^([0-3])\/([\d.e-]{1,24})\/(.+)$/s.exec(cursor) ?? []
  if (scraper !== undefined && Number.isFinite(Number(weight)))
    return { level: Number(level) as Place['level'], weight: Number(weight), scraper }
  throw bad(
    `${JSON.stringify(cursor.slice(0, 40))} is no cursor.`,
    'Give the cursor of the page before, or leave it out.',
    'cursor',
  )
}

function countMoods(rows: readonly FleetRow[]): Record<Mood, number> {
  const counts: Record<Mood, number> = { bad: 0, warn: 0, unknown: 0, good: 0 }
  for (const { mood } of rows) counts[mood]++
  return counts
}

function meanOf(shares: readonly (number | null)[]): number | null {
  const known = shares.filter((share) => share !== null)
  return known.length === 0 ? null : known.reduce((sum, share) => sum + share, 0) / known.length
}
