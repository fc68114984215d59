/** Runs out of an entry of the log: anybody may write there, and what is no run was not counted as one either. Pure. */
import type { CompiledStream } from '../config/compiled.ts'
import { rowOf } from '../event/column-check.ts'
import { decode } from '../event/decode.ts'
import { flatRow } from '../event/flat.ts'
import type { RunEvent } from '../event/run.ts'
import { compileValidator } from '../event/validate.ts'

/** The rows of an entry in their order; `fields` as Redis returns them. */
export function loggedRows(
  stream: CompiledStream,
  id: string,
  fields: readonly string[],
): Record<string, unknown>[] {
  const entry = decode(id, fields)
  if (entry.kind === 'flat') return [flatRow(stream, entry.fields.strings())]
  if (entry.kind !== 'batch') return []
  return Array.from({ length: entry.n }, (_, row) => rowOf(entry.columns, row))
}

/** The run that a row is, or null. */
export function loggedRun(stream: CompiledStream, row: Record<string, unknown>): RunEvent | null {
  return compileValidator(stream)(row).ok ? (row as unknown as RunEvent) : null
}
