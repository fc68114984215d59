/** From a raw stream entry to an `Entry`; what cannot be read becomes `broken` with a reason, never an exception. */
import { readColumns } from './columns.ts'
import { partialMessage } from '../exchange/message.ts'
import { type Columns, type Entry, MAX_BEAT_MINUTES, MAX_DEAD_BYTES, type Rejected } from './entry.ts'

/** Largest entry decoded, characters; anything above is broken (a hostile client cannot make us parse it). */
export const MAX_ENTRY_BYTES = 1024 * 1024
const CONTROL_ID = /^\d{1,20}-\d{1,20}$/
const MAX_REASON = 500
const MAX_ROWS = 100_000

/** `fields`: flat [name, value, …] as Redis returns them. */
export function decode(id: string, fields: string[]): Entry {
  const ms = Number(id.slice(0, id.indexOf('-')))
  let bytes = 0
  for (const field of fields) bytes += field.length
  if (bytes > MAX_ENTRY_BYTES)
    return broken(id, ms, `entry of ${bytes} bytes, at most ${MAX_ENTRY_BYTES}`, fields)
  if (fields[0] !== 'weir') return { id, ms, kind: 'flat', fields }
  const named = new Map<string, string>()
  for (let i = 2; i + 1 < fields.length; i += 2) named.set(fields[i]!, fields[i + 1]!)
  switch (fields[1]) {
    case 'batch/1':
      return batch(id, ms, named, fields)
    case 'reject/1':
      return reject(id, ms, named, fields)
    case 'partial/1':
      return partial(id, ms, named, fields)
    case 'beat/1':
      return beat(id, ms, named, fields)
    case 'control/1':
      return control(id, ms, named.get('id') ?? '', fields)
    case 'tick/1':
      return { id, ms, kind: 'tick' }
    case 'clock/1':
      return clock(id, ms, named, fields)
    default:
      return broken(id, ms, `unknown entry kind ${fields[1]}`, fields)
  }
}

function control(id: string, ms: number, named: string, fields: string[]): Entry {
  if (!CONTROL_ID.test(named)) return broken(id, ms, 'control marker without an id', fields)
  return { id, ms, kind: 'control', control: named }
}

function clock(id: string, ms: number, named: ReadonlyMap<string, string>, fields: string[]): Entry {
  const is = named.get('is')
  const at = whole(named.get('at'))
  if (at === null || (is !== 'ahead' && is !== 'right'))
    return broken(id, ms, 'clock marker without is or at', fields)
  return { id, ms, kind: 'clock', ahead: is === 'ahead', at }
}

function batch(id: string, ms: number, named: Map<string, string>, fields: string[]): Entry {
  const head = header(named)
  const cols = named.get('cols') ?? ''
  if (head === null) return broken(id, ms, 'batch without readable from, seq or n', fields)
  const columns = readColumns(cols) ?? json(cols)
  if (columns === null || typeof columns !== 'object' || Array.isArray(columns)) {
    return broken(id, ms, 'columns are not a JSON object', fields)
  }
  // Rows cost memory wherever they end: they must be there, not just be claimed.
  if (Object.keys(columns).length === 0) return broken(id, ms, 'batch without columns', fields)
  for (const [name, column] of Object.entries(columns)) {
    if (!Array.isArray(column) || column.length !== head.n) {
      return broken(id, ms, `column ${name} is not an array of ${head.n}`, fields)
    }
  }
  return {
    id,
    ms,
    kind: 'batch',
    ...head,
    schema: named.get('schema') ?? '',
    minute: minuteOf(named),
    columns: columns as Columns,
  }
}

function partial(id: string, ms: number, named: Map<string, string>, fields: string[]): Entry {
  const from = named.get('from') ?? ''
  const seq = whole(named.get('seq'))
  const control = named.get('control') ?? ''
  const message = partialMessage(json(named.get('gains') ?? ''))
  if (from === '' || from.length > 200 || seq === null || !CONTROL_ID.test(control) || message === null)
    return broken(id, ms, 'partial result without readable from, seq, control or gains', fields)
  return { id, ms, kind: 'partial', from, seq, control, message }
}

function reject(id: string, ms: number, named: Map<string, string>, fields: string[]): Entry {
  const head = header(named)
  const rows = json(named.get('rows') ?? '')
  if (head === null || !Array.isArray(rows) || rows.length !== head.n) {
    return broken(id, ms, 'rejected rows are unreadable', fields)
  }
  const clean = (rows as Partial<Rejected>[]).map((row) => ({
    reason: text(row?.reason, MAX_REASON),
    origin: text(row?.origin, 200),
    raw: text(row?.raw, MAX_DEAD_BYTES),
  }))
  return { id, ms, kind: 'reject', ...head, minute: minuteOf(named), rows: clean }
}

function beat(id: string, ms: number, named: Map<string, string>, fields: string[]): Entry {
  const from = named.get('from') ?? ''
  const minutes = json(named.get('minutes') ?? '')
  const readable =
    isName(from) &&
    Array.isArray(minutes) &&
    minutes.length <= MAX_BEAT_MINUTES &&
    minutes.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isWhole))
  if (!readable) return broken(id, ms, 'beat without readable from or minutes', fields)
  return { id, ms, kind: 'beat', from, minutes: minutes as [number, number][] }
}

function minuteOf(named: Map<string, string>): number {
  const minute = Number(named.get('minute'))
  return Number.isSafeInteger(minute) ? minute : 0
}

function header(named: Map<string, string>): { from: string; seq: number; n: number } | null {
  const from = named.get('from') ?? ''
  const seq = whole(named.get('seq'))
  const n = whole(named.get('n'))
  if (!isName(from) || seq === null || n === null) return null
  if (n < 1 || n > MAX_ROWS) return null
  return { from, seq, n }
}

function isName(from: string): boolean {
  return from !== '' && from.length <= 200
}

/** As `whole`, of a value in JSON. */
function isWhole(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 1e15
}

/** A number of at most 15 digits: adding rows to it stays exact. */
function whole(text = ''): number | null {
  return /^\d{1,15}$/.test(text) ? Number(text) : null
}

function broken(id: string, ms: number, reason: string, fields: string[]): Entry {
  const raw = fields
    .slice(0, 100)
    .map((field) => field.slice(0, MAX_DEAD_BYTES))
    .join(' ')
  return { id, ms, kind: 'broken', reason: reason.slice(0, MAX_REASON), raw: raw.slice(0, MAX_DEAD_BYTES) }
}

/** Anything but text reads as none: making text of a hostile object may throw. */
function text(value: unknown, most: number): string {
  return typeof value === 'string' ? value.slice(0, most) : ''
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
