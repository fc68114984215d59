/**
 * The fast way for flat events: reads plain fields straight into columns of one row. It accepts only what is
 * beyond doubt; for anything else it answers null, and the row is made and validated in full.
 */
import type { CompiledStream } from '../config/compiled.ts'
import { type Columns, ENVELOPE, EVENT_ID } from './entry.ts'
import { MAX_STRING } from './bounds.ts'
import { Scanner } from './scanner.ts'
import type { Texts } from './texts.ts'
import { MAX_KEY, MAX_LABEL } from './validate.ts'

/** The columns are the reader's own and are overwritten by the next call. */
export type FlatColumns = (fields: Texts) => Columns | null

interface Field {
  name: string
  column: unknown[]
  bytes: Buffer
  required: boolean
  read: Read
}

/** Reads the text from `start` to `end` in what `scan` is on. Undefined: not beyond doubt. */
type Read = (start: number, end: number) => unknown
const scan = new Scanner()

/** Event times that no other unit of today's time could be mistaken for, ms; nearer cases take the slow way. */
const EARLIEST = Date.UTC(1990, 0)
const LATEST = Date.UTC(2200, 0)
const TYPE_ONLY = ['type', 'minimum', 'maximum', 'maxLength', 'minLength', 'enum', 'title', 'description']

export function compileFlatColumns(stream: CompiledStream): FlatColumns {
  const names = new Map<string, Field>()
  const required = new Set([
    ...(stream.schema.required ?? []),
    stream.key,
    ...(stream.time === null ? [] : [stream.time]),
  ])
  const columns: Columns = {}
  for (const [name, property] of Object.entries(stream.schema.properties)) {
    const read = Object.keys(property).every((keyword) => TYPE_ONLY.includes(keyword))
      ? reader(property)
      : null
    if (read === null) return () => null
    columns[name] = [null]
    names.set(name, {
      name,
      bytes: Buffer.from(name),
      column: columns[name],
      required: required.has(name),
      read,
    })
  }
  for (const name of [EVENT_ID, ...ENVELOPE]) {
    if (names.has(name)) continue
    columns[name] = [null]
    names.set(name, {
      name,
      bytes: Buffer.from(name),
      column: columns[name],
      required: false,
      read: text(name === EVENT_ID ? 1 : 0, MAX_LABEL),
    })
  }
  narrow(names, stream)
  const all = [...names.values()]
  // Clients write their fields in one order: the one that stood here last time is tried first.
  const order = [...all]
  return (fields) => {
    for (let i = 0; i < all.length; i++) all[i]!.column[0] = null
    scan.bytes = fields.bytes
    for (let i = 0; i + 1 < fields.length; i += 2) {
      const place = i >> 1
      let field = order[place]
      if (field === undefined || !fields.is(i, field.bytes)) {
        field = names.get(fields.text(i))
        if (field === undefined) return null
        if (place < order.length) order[place] = field
      }
      const value = field.read(fields.start(i + 1), fields.end(i + 1))
      if (value === undefined) return null
      field.column[0] = value
    }
    for (let i = 0; i < all.length; i++) if (all[i]!.required && all[i]!.column[0] === null) return null
    return columns
  }
}

/** The key must be short and not empty, the time plausible. */
function narrow(names: Map<string, Field>, stream: CompiledStream): void {
  const key = names.get(stream.key)
  if (key) {
    const read = key.read
    key.read = (start, end) => (start === end || end - start > MAX_KEY ? undefined : read(start, end))
  }
  const time = stream.time === null ? undefined : names.get(stream.time)
  if (time) time.read = number(EARLIEST, LATEST, false)
}

function reader(property: Record<string, unknown>): Read | null {
  const { type, minimum, maximum, minLength, maxLength, enum: values } = property
  switch (type) {
    case 'number':
    case 'integer': {
      const least = typeof minimum === 'number' ? minimum : Number.NEGATIVE_INFINITY
      const most = typeof maximum === 'number' ? maximum : Number.POSITIVE_INFINITY
      return values === undefined ? number(least, most, type === 'integer') : null
    }
    case 'boolean':
      return (start, end) => {
        const value = scan.plain(start, end)
        return value === 'true' ? true : value === 'false' ? false : undefined
      }
    case 'string': {
      const most = typeof maxLength === 'number' ? Math.min(maxLength, MAX_STRING) : MAX_STRING
      if (values === undefined) return text(typeof minLength === 'number' ? minLength : 0, most)
      const known = new Set(values as unknown[])
      return (start, end) => {
        const value = scan.plain(start, end)
        return value !== null && known.has(value) ? value : undefined
      }
    }
    default:
      return null
  }
}

function number(least: number, most: number, whole: boolean): Read {
  return (start, end) => {
    scan.at = start
    const found = scan.number()
    if (scan.at !== end || !(found >= least && found <= most)) return undefined
    return whole && !Number.isInteger(found) ? undefined : found
  }
}

/** Beyond ASCII a text has other lengths in bytes, units and code points. */
function text(least: number, most: number): Read {
  return (start, end) =>
    end - start >= least && end - start <= most ? (scan.plain(start, end) ?? undefined) : undefined
}
