/** One visit of a JSON API: received, parsed, checked against its schema, mapped to events. */
import type { Collector } from '../define/collect.ts'
import { withinTime } from '../define/within-time.ts'
import type { ContentFault, Signals } from '../outcome/signals.ts'
import { schemaFault } from './answer-schema.ts'
import { exchange } from './request.ts'
import { signalsOf } from './visit-check.ts'

const MAX_BODY = 8 * 1024 * 1024
const MAX_EVENTS = 10_000
/** Longest time the author's `events` may take. */
const MAP_MS = 1000

export type Row = Record<string, unknown>

/** Never rejects. `events` are those of a good answer; else none. `at`: when it was received, ms since 1970. */
export async function visitJson(
  collector: Collector,
  now: () => number,
): Promise<{ signals: Signals; events: Row[] }> {
  const headers = { accept: 'application/json', ...collector.headers }
  const answer = await exchange({ ...collector, headers, maxBytes: MAX_BODY, maxRedirects: 5 })
  const at = now()
  const signals = signalsOf(collector, answer, at)
  const status = answer.main?.status ?? 0
  if (status < 200 || status > 299 || answer.error !== null || answer.bodyError !== null)
    return { signals, events: [] }
  if (answer.cut) {
    signals.error = `BODY_TOO_LARGE: more than ${MAX_BODY / 1024 / 1024} MB`
    return { signals, events: [] }
  }
  const mapped = mapBody(collector, answer.body, at)
  if ('events' in mapped) return { signals, events: mapped.events }
  signals.content = mapped
  return { signals, events: [] }
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
    const events = withinTime(MAP_MS, () => collector.events(json, at))
    if (!Array.isArray(events)) return changed('mapping', 'events() returned no array')
    if (events.length > MAX_EVENTS)
      return changed('mapping', `${events.length} events from one answer, at most ${MAX_EVENTS}`)
    return { events }
  } catch (error) {
    // The author's code expects another shape: that is how a changed API shows.
    return changed('mapping', `events() threw: ${messageOf(error)}`)
  }
}

function changed(reason: string, detail: string): ContentFault {
  return { outcome: 'layout_changed', reason, detail }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : String(error).slice(0, 200)
}
