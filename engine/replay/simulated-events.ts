/** The events of a simulation: when each arrives, and as the row a producer would have sent. Pure. */
import type { CompiledStream } from '../config/compiled.ts'
import { runs } from '../config/runs.ts'
import { WeirError } from '../error.ts'
import { RIGHT, type RunEvent } from '../event/run.ts'

/** ISO text with its zone, such as `2026-01-05T10:00:00Z`, ms since 1970, or a Date. */
export type Time = string | number | Date

/**
 * An event as it would be sent; its time may be written as any `Time`. `arriveAt` (a `Time`, no field of the event
 * unless the schema declares it) says when it reaches the log; by default that is its own time.
 */
export type SimulatedEvent = object

export interface Arrival {
  /** Log time, ms. */
  ms: number
  row: Record<string, unknown>
  /** For dead letters, such as `trades[3]`. */
  origin: string
}

/** Of a run only what a test is about needs to be said. */
const RUN: Omit<RunEvent, 'at' | 'scraper' | 'outcome' | 'right'> = {
  kind: 'http',
  fleet: '',
  host: '',
  url: '',
  reason: '',
  detail: '',
  ms: 0,
  version: '',
  present: [],
  missing: [],
  empty: [],
  invalid: [],
  absent: [],
}

/** In order of arrival. Throws WEIR_QUERY where it cannot be known when an event arrives. */
export function arrivalsOf(stream: CompiledStream, events: readonly SimulatedEvent[]): Arrival[] {
  let before: number | null = null
  const arrivals = events.map((event, i) => {
    const origin = `${stream.name}[${i}]`
    const { arriveAt, row } = parted(stream, event)
    const at = stream.time === null ? null : row[stream.time]
    const ms: number | null = arriveAt === undefined ? plausible(at, before) : timeOf(arriveAt, origin)
    if (ms === null) {
      throw refused(
        `${origin}: it is not known when it arrives.`,
        stream.time === null
          ? "Give it an arriveAt, such as '2026-01-05T10:00:00Z'."
          : `Give it a time in field '${stream.time}', or an arriveAt.`,
      )
    }
    before = ms
    return { ms, row, origin }
  })
  return arrivals.sort((a, b) => a.ms - b.ms)
}

/** ms since 1970. Throws WEIR_QUERY. */
export function timeOf(time: unknown, where: string): number {
  const ms = readTime(time)
  if (typeof ms === 'number' && Number.isFinite(ms) && ms >= 0) return Math.floor(ms)
  throw refused(
    `${where}: ${String(time)} is no time.`,
    'Write 2026-01-05T10:00:00Z, or milliseconds since 1970.',
  )
}

/** With its zone, or a bare date: the same words must not mean another time on another machine. */
const ISO = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/

/** ms of an ISO time, or null. */
export function parseTime(text: string): number | null {
  const ms = ISO.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(ms) ? null : ms
}

/** Anything that does not read as a time stays what it is, for validation to name. */
function readTime(time: unknown): unknown {
  if (time instanceof Date) return time.getTime()
  return typeof time === 'string' ? (parseTime(time) ?? time) : time
}

function parted(
  stream: CompiledStream,
  event: SimulatedEvent,
): { arriveAt: unknown; row: Record<string, unknown> } {
  const declared = Object.hasOwn(stream.schema.properties, 'arriveAt')
  const { arriveAt, ...rest } = event as Record<string, unknown>
  const row: Record<string, unknown> = declared ? { ...event } : rest
  if (stream.name === runs.name) {
    const right = (RIGHT as readonly unknown[]).includes(row['outcome'])
    Object.assign(row, { ...RUN, right }, { ...row })
  }
  if (stream.time !== null && stream.time in row) row[stream.time] = readTime(row[stream.time])
  return { arriveAt: declared ? undefined : arriveAt, row }
}

/** A wrong time (seconds, text) is for validation to refuse: such an event arrives with the one before it. */
function plausible(at: unknown, before: number | null): number | null {
  return typeof at === 'number' && at >= 1e11 && at < 1e13 ? Math.floor(at) : before
}

function refused(what: string, todo: string): WeirError {
  return new WeirError(what, { code: 'WEIR_QUERY', domain: 'user', retry: false, where: 'simulate', todo })
}
