/**
 * A fast look at a batch: do its columns hold the types the schema declares? Producers have validated every
 * row; this only catches the hostile and the broken, so that just their batches take the slow path by rows.
 */
import type { CompiledStream } from '../config/compiled.ts'
import { type Columns, ENVELOPE, EVENT_ID } from './entry.ts'

export type ColumnCheck = (columns: Columns) => boolean

export function compileColumnCheck(stream: CompiledStream): ColumnCheck {
  const required = new Set(stream.schema.required)
  const typed: { name: string; fits: Fits; optional: boolean }[] = []
  for (const [name, property] of Object.entries(stream.schema.properties)) {
    const fits = FITS[String(property.type)]
    if (fits) typed.push({ name, fits, optional: !required.has(name) })
  }
  for (const name of [EVENT_ID, ...ENVELOPE]) {
    if (!(name in stream.schema.properties)) typed.push({ name, fits: FITS['string']!, optional: true })
  }
  return (columns) => {
    for (const { name, fits, optional } of typed) {
      const column = columns[name]
      if (column === undefined) {
        if (optional) continue
        return false
      }
      if (!fits(column, optional)) return false
    }
    return true
  }
}

type Fits = (column: unknown[], optional: boolean) => boolean

/** Whole columns at a time, each type with a loop of its own: this runs for every value of every event. */
const FITS: Record<string, Fits> = {
  number: numbers,
  integer: (column, optional) =>
    numbers(column, optional) && column.every((v) => v === null || Number.isInteger(v)),
  string: (column, optional) => column.every((v) => typeof v === 'string' || (optional && v === null)),
  boolean: (column, optional) => column.every((v) => typeof v === 'boolean' || (optional && v === null)),
  array: (column, optional) => column.every((v) => isTexts(v) || (optional && v === null)),
}

/** JSON can say 1e999: that is no number one can add up. */
function numbers(column: unknown[], optional: boolean): boolean {
  for (let i = 0; i < column.length; i++) {
    if (!Number.isFinite(column[i]) && !(optional && column[i] === null)) return false
  }
  return true
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

/** One row of a batch as an object; nulls are absent fields. */
export function rowOf(columns: Columns, row: number): Record<string, unknown> {
  // Without a prototype to set: `__proto__` is a name like any other here.
  const event = Object.create(null) as Record<string, unknown>
  for (const [name, column] of Object.entries(columns)) {
    const value = column[row]
    if (value !== null && value !== undefined) event[name] = value
  }
  return { ...event }
}
