/** Rows of one batch entry as columns, encoded value by value, so that its size in bytes is known at any moment. */
import { MAX_BATCH_BYTES, MAX_BATCH_ROWS } from './entry.ts'

/** A row as JSON fragments. Absent and null fields are left out: a column shows both as null. */
export interface EncodedRow {
  names: string[]
  values: string[]
  /** Bytes of `{"name":value,…}`. */
  bytes: number
}

/** `null,` in a column where a row has no such field. */
const GAP_BYTES = 5

export function encodeRow(row: Record<string, unknown>): EncodedRow {
  const names: string[] = []
  const values: string[] = []
  let bytes = 2
  for (const name in row) {
    const value = row[name]
    if (value === undefined || value === null) continue
    const text = typeof value === 'number' ? String(value) : JSON.stringify(value)
    names.push(name)
    values.push(text)
    bytes += nameBytes(name) + byteLength(text) + 2
  }
  return { names, values, bytes }
}

export interface Batch {
  readonly rows: number
  /** Exact bytes of `columns()`, give or take the outer braces. */
  readonly bytes: number
  /** False, and nothing changed, where the row would exceed a limit. An empty batch takes any event. */
  add(row: EncodedRow): boolean
  /** The columns as JSON, every one of the same length. */
  columns(): string
}

export function createBatch(): Batch {
  // A Map, not an object: field names come from outside, and `__proto__` is one.
  const columns = new Map<string, string[]>()
  let rows = 0
  let bytes = 2

  return {
    get rows() {
      return rows
    },
    get bytes() {
      return bytes
    },
    add: (row) => {
      const cost = costOf(row, columns, rows)
      if (rows > 0 && (rows >= MAX_BATCH_ROWS || bytes + cost > MAX_BATCH_BYTES)) return false
      for (let i = 0; i < row.names.length; i++) {
        const name = row.names[i]!
        let column = columns.get(name)
        if (column === undefined) columns.set(name, (column = []))
        while (column.length < rows) column.push('null')
        column.push(row.values[i]!)
      }
      rows++
      bytes += cost
      return true
    },
    columns: () => {
      const parts: string[] = []
      for (const [name, column] of columns) {
        while (column.length < rows) column.push('null')
        parts.push(`${JSON.stringify(name)}:[${column.join(',')}]`)
      }
      return `{${parts.join(',')}}`
    },
  }
}

/** Bytes a row adds: its values, gaps in columns it lacks, and whole columns of gaps where it brings a new field. */
function costOf(row: EncodedRow, columns: Map<string, string[]>, rows: number): number {
  let cost = 0
  let shared = 0
  for (let i = 0; i < row.names.length; i++) {
    const name = row.names[i]!
    if (columns.has(name)) shared++
    else cost += nameBytes(name) + 4 + rows * GAP_BYTES
    cost += byteLength(row.values[i]!) + 1
  }
  return cost + (columns.size - shared) * GAP_BYTES
}

function nameBytes(name: string): number {
  return byteLength(JSON.stringify(name))
}

/** UTF-8 length; short texts are counted here, since a call into the runtime costs more. */
function byteLength(text: string): number {
  if (text.length > 64) return Buffer.byteLength(text)
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0x80) return Buffer.byteLength(text)
  return text.length
}
