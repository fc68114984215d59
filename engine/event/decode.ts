/** From a raw stream entry to an `Entry`; what cannot be read becomes `broken` with a reason, never an exception. */
import { readColumns } from './columns.ts'
import { partialMessage } from '../exchange/message.ts'
import { type Columns, type Entry, MAX_BEAT_MINUTES, MAX_DEAD_BYTES, type Rejected } from './entry.ts'
import { Texts } from './texts.ts'

/** Largest entry decoded, characters; anything above is broken (a hostile client cannot make us parse it). */
export const MAX_ENTRY_BYTES = 1024 * 1024
const CONTROL_ID = /^\d{1,20}-\d{1,20}$/
const MAX_REASON = 500
const MAX_ROWS = 100_000

const OURS = Buffer.from('weir')
/** Texts of our own entries by the name before them. */
class Named {
  readonly fields: Texts
  private readonly at = new Map<string, number>()

  constructor(fields: Texts) {
    this.fields = fields
    for (let i = 2; i + 1 < fields.length; i += 2) this.at.set(fields.text(i), i + 1)
  }

  /** Index in `fields`, -1 where there is none. */
  index(name: string): number {
    return this.at.get(name) ?? -1
  }

  get(name: string): string | undefined {
    const i = this.index(name)
    return i === -1 ? undefined : this.fields.text(i)
  }
}

/** `fields`: flat [name, value, …] as Redis returns them. */
export function decode(id: string, fields: readonly string[]): Entry {
  return decodeTexts(id, Texts.of(fields))
}

export function decodeTexts(id: string, fields: Texts): Entry {
  const ms = Number(id.slice(0, id.indexOf('-')))
  if (fields.size > MAX_ENTRY_BYTES) {
    // What is no UTF-8 has other lengths over the wire than as strings: those decide, so that every way agrees.
    const length = fields.strings().reduce((sum, text) => sum + text.length, 0)
    if (length > MAX_ENTRY_BYTES)
      return broken(id, ms, `entry of ${length} bytes, at most ${MAX_ENTRY_BYTES}`, fields)
  }
  if (fields.length === 0 || !fields.is(0, OURS)) return { id, ms, kind: 'flat', fields }
  const named = new Named(fields)
  const kind = fields.length > 1 ? fields.text(1) : undefined
  switch (kind) {
    case 'batch/1':
      return batch(id, ms, named)
    case 'reject/1':
      return reject(id, ms, named)
    case 'partial/1':
      return partial(id, ms, named)
    case 'beat/1':
      return beat(id, ms, named)
    case 'control/1':
      return control(id, ms, named)
    case 'tick/1':
      return { id, ms, kind: 'tick' }
    case 'clock/1':
      return clock(id, ms, named)
    default:
      return broken(id, ms, `unknown entry kind ${kind}`, fields)
  }
}

function control(id: string, ms: number, named: Named): Entry {
  const control = named.get('id') ?? ''
  if (!CONTROL_ID.test(control)) return broken(id, ms, 'control marker without an id', named.fields)
  return { id, ms, kind: 'control', control }
}

function clock(id: string, ms: number, named: Named): Entry {
  const is = named.get('is')
  const at = whole(named.get('at'))
  if (at === null || (is !== 'ahead' && is !== 'right'))
    return broken(id, ms, 'clock marker without is or at', named.fields)
  return { id, ms, kind: 'clock', ahead: is === 'ahead', at }
}

function batch(id: string, ms: number, named: Named): Entry {
  const head = header(named)
  if (head === null) return broken(id, ms, 'batch without readable from, seq or n', named.fields)
  const cols = named.index('cols')
  const columns = cols === -1 ? null : (readColumns(named.fields, cols) ?? json(named.fields.text(cols)))
  if (columns === null || typeof columns !== 'object' || Array.isArray(columns)) {
    return broken(id, ms, 'columns are not a JSON object', named.fields)
  }
  // Rows cost memory wherever they end: they must be there, not just be claimed.
  if (Object.keys(columns).length === 0) return broken(id, ms, 'batch without columns', named.fields)
  for (const [name, column] of Object.entries(columns)) {
    if (!Array.isArray(column) || column.length !== head.n) {
      return broken(id, ms, `column ${name} is not an array of ${head.n}`, named.fields)
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

function partial(id: string, ms: number, named: Named): Entry {
  const from = named.get('from') ?? ''
  const seq = whole(named.get('seq'))
  const control = named.get('control') ?? ''
  const message = partialMessage(json(named.get('gains') ?? ''))
  if (from === '' || from.length > 200 || seq === null || !CONTROL_ID.test(control) || message === null)
    return broken(id, ms, 'partial result without readable from, seq, control or gains', named.fields)
  return { id, ms, kind: 'partial', from, seq, control, message }
}

function reject(id: string, ms: number, named: Named): Entry {
  const head = header(named)
  const rows = json(named.get('rows') ?? '')
  if (head === null || !Array.isArray(rows) || rows.length !== head.n) {
    return broken(id, ms, 'rejected rows are unreadable', named.fields)
  }
  const clean = (rows as Partial<Rejected>[]).map((row) => ({
    reason: text(row?.reason, MAX_REASON),
    origin: text(row?.origin, 200),
    raw: text(row?.raw, MAX_DEAD_BYTES),
  }))
  return { id, ms, kind: 'reject', ...head, minute: minuteOf(named), rows: clean }
}

function beat(id: string, ms: number, named: Named): Entry {
  const from = named.get('from') ?? ''
  const minutes = json(named.get('minutes') ?? '')
  const readable =
    isName(from) &&
    Array.isArray(minutes) &&
    minutes.length <= MAX_BEAT_MINUTES &&
    minutes.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isWhole))
  if (!readable) return broken(id, ms, 'beat without readable from or minutes', named.fields)
  return { id, ms, kind: 'beat', from, minutes: minutes as [number, number][] }
}

function minuteOf(named: Named): number {
  const minute = Number(named.get('minute'))
  return Number.isSafeInteger(minute) ? minute : 0
}

function header(named: Named): { from: string; seq: number; n: number } | null {
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

function broken(id: string, ms: number, reason: string, fields: Texts): Entry {
  const raw = Array.from({ length: Math.min(100, fields.length) }, (_, i) => fields.text(i))
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
