/** One visit of a JSON API: received, parsed, checked against its schema, mapped to events that fit their stream. */
import { createHash } from 'node:crypto'
import type { RawAnswer } from '../../engine/index.ts'
import type { Collector } from '../define/collect.ts'
import { withinTime } from '../define/within-time.ts'
import { eventFields, unmapped } from '../outcome/event-fields.ts'
import type { ContentFault, Signals } from '../outcome/signals.ts'
import { messageOf } from '../outcome/unvisited.ts'
import { schemaFault } from './answer-schema.ts'
import { type Answer, exchange } from './request.ts'
import { signalsOf } from './visit-check.ts'

const MAX_BODY = 8 * 1024 * 1024
const MAX_EVENTS = 10_000
/** As long as the id of an event may be, characters. */
const MAX_ID = 200
/** Longest time the author's `events` may take. */
const MAP_MS = 1000

export type Row = Record<string, unknown>

/** Why a row is no event of the collector's stream, or null. */
export type Fits = (row: Row) => string | null

export interface JsonVisit {
  signals: Signals
  /** Those of a good answer that fit their stream; else none. */
  events: Row[]
  /** As received, bounded; null where nothing came. */
  raw: RawAnswer | null
}

/** Never rejects. `now`: ms since 1970. */
export async function visitJson(collector: Collector, now: () => number, fits: Fits): Promise<JsonVisit> {
  const headers = { accept: 'application/json', ...collector.headers }
  const answer = await exchange({ ...collector, headers, maxBytes: MAX_BODY, maxRedirects: 5 })
  const at = now()
  const signals = signalsOf(collector, answer, at)
  const raw = rawOf(answer)
  const status = answer.main?.status ?? 0
  const nothing = (why: string): Signals['fields'] =>
    collector.target === null ? {} : unmapped(collector.target, why)
  if (answer.error !== null || answer.bodyError !== null || status >= 400) return { signals, events: [], raw }
  if (status < 200 || status > 299) {
    signals.fields = nothing(`the site answered ${status}, without content`)
    return { signals, events: [], raw }
  }
  if (answer.cut) {
    signals.error = `BODY_TOO_LARGE: more than ${MAX_BODY / 1024 / 1024} MB`
    return { signals, events: [], raw }
  }
  const mapped = mapBody(collector, answer.body, at)
  if (!('events' in mapped)) {
    signals.content = mapped
    signals.fields = nothing(mapped.detail)
    return { signals, events: [], raw }
  }
  const told = mapped.events.map((event) => ({ event, trouble: fits(event) }))
  const events = told.flatMap(({ event, trouble }) => (trouble === null ? [event] : []))
  signals.content = misfits(told.map(({ trouble }) => trouble))
  if (collector.target !== null)
    signals.fields = eventFields(
      collector.target,
      told.map(({ event, trouble }) => ({ event, fits: trouble === null })),
    )
  return { signals, events, raw }
}

function rawOf({ main, body, cut, bodyError }: Answer): RawAnswer | null {
  if (main === null) return null
  const type = main.headers['content-type'] ?? ''
  return { status: main.status, type, body, cut: cut || bodyError !== null }
}

/** What is said of events that their stream would refuse. */
function misfits(troubles: (string | null)[]): ContentFault | null {
  const first = troubles.findIndex((trouble) => trouble !== null)
  if (first < 0) return null
  const count = troubles.filter((trouble) => trouble !== null).length
  const outcome = count === troubles.length ? 'invalid_data' : 'partial'
  const detail = `${count} of ${troubles.length} events do not fit their stream; event ${first}: ${troubles[first]}`
  return { outcome, reason: 'events', detail }
}

function mapBody(collector: Collector, body: Buffer, at: number): { events: Row[] } | ContentFault {
  let json: unknown
  try {
    json = JSON.parse(body.toString('utf8'))
  } catch (error) {
    return changed('not_json', `the answer is not JSON: ${messageOf(error)}`)
  }
  const broken = collector.schema === null ? null : schemaFault(collector.schema, json)
  if (broken !== null) return { outcome: 'invalid_data', reason: 'schema', detail: `the answer ${broken}` }
  try {
    const events = withinTime(MAP_MS, () => identified(collector, collector.events(json, at)))
    if (!Array.isArray(events)) return changed('mapping', 'events() returned no array')
    if (events.length > MAX_EVENTS)
      return changed('mapping', `${events.length} events from one answer, at most ${MAX_EVENTS}`)
    return { events }
  } catch (error) {
    // The author's code expects another shape: that is how a changed API shows.
    return changed('mapping', `events() threw: ${messageOf(error)}`)
  }
}

/** Events under the ids that their collector gives them, each once. Throws where one has none. */
function identified({ id, name }: Collector, events: Row[]): Row[] {
  if (id === null || !Array.isArray(events)) return events
  const known = new Map<string, Row>()
  for (const [i, event] of events.entries()) {
    const value = id(event)
    if ((typeof value !== 'string' && typeof value !== 'number') || value === '')
      throw new Error(`event ${i} has no id`)
    const own = bounded(`${name}/${value}`)
    if (!known.has(own)) known.set(own, { ...event, id: own })
  }
  return [...known.values()]
}

/** Long ids often differ only at their end, as addresses do. */
function bounded(id: string): string {
  if (id.length <= MAX_ID) return id
  const digest = createHash('sha256').update(id).digest('base64url')
  return `${id.slice(0, MAX_ID - digest.length - 1)}~${digest}`
}

function changed(reason: string, detail: string): ContentFault {
  return { outcome: 'layout_changed', reason, detail }
}
