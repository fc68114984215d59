/** One event written by any client as flat stream fields: every value is text, the schema says what it means. */
import type { CompiledStream } from '../config/compiled.ts'

/** `fields`: [name, value, …]. Text that does not read as the declared type is left as it is, for validation to name. */
export function flatRow(stream: CompiledStream, fields: readonly string[]): Record<string, unknown> {
  const row: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i]!
    row[name] = coerce(fields[i + 1]!, stream.schema.properties[name]?.type)
  }
  // A plain prototype again: validators expect one, and own keys win over it.
  return { ...row }
}

function coerce(text: string, type: unknown): unknown {
  switch (type) {
    case 'number':
    case 'integer': {
      const value = Number(text)
      return text.trim() !== '' && Number.isFinite(value) ? value : text
    }
    case 'boolean':
      return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : text
    case 'array':
      return list(text)
    default:
      return text
  }
}

function list(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : text
  } catch {
    return text
  }
}
