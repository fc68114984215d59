/**
 * A fast look at a batch: do its columns hold the types the schema declares? Producers have validated every
 * row; this only catches the hostile and the broken, so that just their batches take the slow path by rows.
 */
import type { CompiledStream } from '../config/compiled.ts'
import type { Columns } from './entry.ts'

export type ColumnCheck = (columns: Columns) => boolean

export function compileColumnCheck(stream: CompiledStream): ColumnCheck {
  const required = new Set(stream.schema.required)
  const typed: { name: string; type: 'number' | 'string' | 'boolean'; optional: boolean }[] = []
  for (const [name, property] of Object.entries(stream.schema.properties)) {
    const type = property.type === 'integer' ? 'number' : property.type
    if (type === 'number' || type === 'string' || type === 'boolean') {
      typed.push({ name, type, optional: !required.has(name) })
    }
  }
  return (columns) => {
    for (const { name, type, optional } of typed) {
      const column = columns[name]
      if (column === undefined) {
        if (optional) continue
        return false
      }
      for (const value of column) {
        if (typeof value !== type && !(optional && value === null)) return false
      }
    }
    return true
  }
}

/** One row of a batch as an object; nulls are absent fields. */
export function rowOf(columns: Columns, row: number): Record<string, unknown> {
  const event: Record<string, unknown> = {}
  for (const [name, column] of Object.entries(columns)) {
    const value = column[row]
    if (value !== null && value !== undefined) event[name] = value
  }
  return event
}
