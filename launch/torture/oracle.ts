/**
 * Counts different rows, however often and in whatever order they come. It shares no code with the engine: it goes by
 * what a row says of itself (who, how many), not by the numbers that the engine recognises a resend by. Pure.
 */
import { KEYS } from './row.ts'

/** The rows of one producer and key, by their place 0, 1, 2, … among these. */
interface Run {
  /** All places below have come. */
  next: number
  /** Places above that have come. */
  ahead: Set<number>
}

export class Oracle {
  /** Different rows so far. */
  distinct = 0
  private readonly runs = new Map<string, Run>()

  take(producer: number, serial: number): void {
    const key = `${producer} ${serial % KEYS}`
    const place = Math.floor(serial / KEYS)
    const run = this.runs.get(key) ?? { next: 0, ahead: new Set() }
    this.runs.set(key, run)
    if (place < run.next || run.ahead.has(place)) return
    this.distinct++
    run.ahead.add(place)
    while (run.ahead.delete(run.next)) run.next++
  }

  /** How many rows with serials below `end` have come of a producer. */
  below(producer: number, end: number): number {
    let found = 0
    for (let key = 0; key < KEYS; key++) {
      const run = this.runs.get(`${producer} ${key}`)
      const places = Math.ceil((end - key) / KEYS)
      if (run === undefined || places <= 0) continue
      found += Math.min(run.next, places)
      for (const place of run.ahead) if (place < places) found++
    }
    return found
  }
}

/** What one partition's log holds up to a position, and what the engine says it has counted up to there. */
export interface Cut {
  name: string
  distinct: number
  counted: number
}

export interface Found {
  events: number
  lost: number
  doubled: number
  /** Where, in words; null where all is well. */
  problem: string | null
}

/**
 * The verdict over all partitions. `absent` are rows that Redis acknowledged and that no log holds any more: by
 * producer, its name and how many.
 */
export function verdict(cuts: readonly Cut[], absent: readonly { name: string; rows: number }[]): Found {
  const found: Found = { events: 0, lost: 0, doubled: 0, problem: null }
  const problems: string[] = []
  for (const { name, distinct, counted } of cuts) {
    found.events += distinct
    found.lost += Math.max(0, distinct - counted)
    found.doubled += Math.max(0, counted - distinct)
    if (distinct !== counted) problems.push(`${name} counted ${counted} of ${distinct}`)
  }
  for (const { name, rows } of absent) {
    found.events += rows
    found.lost += rows
    if (rows !== 0) problems.push(`${rows} acknowledged rows of ${name} are in no log`)
  }
  return problems.length === 0 ? found : { ...found, problem: problems.join(', ') }
}
