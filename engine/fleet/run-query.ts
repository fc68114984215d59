/** Runs out of the log, newest first: what one may ask, and where a page goes on. Pure. */
import type { CompiledStream } from '../config/compiled.ts'
import { type Outcome, OUTCOMES, type RunEvent } from '../event/run.ts'

export interface RunQuery {
  /** ms since 1970, both included. */
  from: number
  to: number
  limit: number
  scraper?: string
  fleet?: string
  outcome?: Outcome
  /** Goes on after the last run of a page: its `cursor`. */
  before?: string
}

export interface RunPage {
  runs: RunEvent[]
  /** For the next page; null: there is nothing older. A page may be short, even empty, and have one. */
  cursor: string | null
}

export interface RunLog {
  /** `stream`: `runs` as it is declared now; it has one partition. Rejects with WEIR_QUERY where the cursor is none. */
  list(stream: CompiledStream, query: RunQuery): Promise<RunPage>
  close(): void
}

/** A row of an entry of the log. */
export interface RunPlace {
  entry: string
  row: number
}

const CURSOR = /^(\d{1,15}-\d{1,15})\.(\d{1,6})$/

export function runCursor({ entry, row }: RunPlace): string {
  return `${entry}.${row}`
}

export function runPlace(cursor: string): RunPlace | null {
  const [, entry, row] = CURSOR.exec(cursor) ?? []
  return entry === undefined ? null : { entry, row: Number(row) }
}

export function matchesRun(run: RunEvent, { from, to, scraper, fleet, outcome }: RunQuery): boolean {
  return (
    run.at >= from &&
    run.at <= to &&
    (scraper === undefined || run.scraper === scraper) &&
    (fleet === undefined || run.fleet === fleet) &&
    (outcome === undefined || run.outcome === outcome)
  )
}

/**
 * Texts of which an entry must hold each for a run in it to match: a cheap look before it is parsed. Only such as
 * JSON writes as they are.
 */
export function tracesOf({ scraper, fleet, outcome }: RunQuery): string[] {
  return [scraper, fleet, outcome].filter(
    (text): text is string => text !== undefined && /^[ !#-[\]-~]+$/.test(text),
  )
}

export function isOutcome(text: string): text is Outcome {
  return (OUTCOMES as readonly string[]).includes(text)
}
