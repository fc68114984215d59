/** What a run says of each of its fields, as rows of the stream `fields`. Pure. */
import type { FieldEvent, Outcome, ValueType } from '../../engine/index.ts'
import type { Scraper } from '../index.ts'
import type { Verdict } from './judge.ts'
import { type FieldResult, type Signals, isRead } from './signals.ts'

/** Outcomes of runs that saw the page; what others found says nothing of the fields. */
const SAW: readonly Outcome[] = ['ok', 'absent', 'partial', 'invalid_data', 'layout_changed']
const MAX_DETAIL = 300

/** Of the scraper its version; of the run its end, ms since 1970, and what was kept of it. */
type Told = Pick<FieldEvent, 'at' | 'version' | 'evidence'>

/** A row per field of the run; none where the page was not seen. */
export function fieldRows(
  scraper: Scraper,
  signals: Pick<Signals, 'fields'>,
  { outcome, reason }: Verdict,
  { at, version, evidence }: Told,
): FieldEvent[] {
  if (!SAW.includes(outcome)) return []
  // The page itself is gone for good: its fields are absent with it, not lost.
  const gone = outcome === 'absent' && (reason === '404' || reason === '410')
  return Object.entries(signals.fields).map(([field, result]) => ({
    at,
    scraper: scraper.name,
    template: scraper.template,
    fleet: scraper.fleet,
    field,
    optional: result.optional,
    version,
    ...(gone
      ? { state: 'absent' as const, detail: `the site answered ${reason}` }
      : found(result, isPrivate(scraper, field))),
    ...(evidence !== undefined && { evidence }),
  }))
}

type Found = Pick<FieldEvent, 'state' | 'type' | 'length' | 'value' | 'share' | 'doubted' | 'detail'>

/** Of what is private nothing but its state and type leaves the process. */
function isPrivate(scraper: Scraper, field: string): boolean {
  return scraper.kind === 'browser' && scraper.read[field]?.private === true
}

function found({ state, value, typical, share, doubt, note }: FieldResult, secret: boolean): Found {
  // What is said of a value that does not fit quotes it.
  const detail = secret && state === 'invalid' ? 'its value does not fit' : note.slice(0, MAX_DETAIL)
  if (share !== undefined) return { state, ...typical, share, detail }
  // What is not a value says nothing of what values are like.
  if (value === undefined || !isRead(state)) return { state, detail }
  const read = { state, type: typeOf(value), ...(secret ? {} : measures(value)) }
  if (doubt === undefined) return { ...read, detail }
  const says = secret ? 'the page states another value' : `the page states ${doubt}`.slice(0, MAX_DETAIL)
  return { ...read, doubted: true, detail: says }
}

function measures(value: unknown): Pick<Found, 'length' | 'value'> {
  if (typeof value === 'number') return Number.isFinite(value) ? { value } : {}
  if (typeof value === 'string' || Array.isArray(value)) return { length: value.length }
  return {}
}

export function typeOf(value: unknown): ValueType {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'list'
  const type = typeof value
  return type === 'number' || type === 'string' || type === 'boolean' ? type : 'object'
}
