/**
 * What a config may not change about a stream that exists: events already logged must stay readable, and a key
 * must stay in its partition. Pure.
 */
import type { CompiledStream } from '../config/compiled.ts'

export interface Incompatible {
  stream: string
  /** One clause: what would change. */
  why: string
}

/** The first change that needs a new stream, or null. */
export function incompatible(
  before: readonly CompiledStream[],
  after: readonly CompiledStream[],
): Incompatible | null {
  for (const stream of after) {
    const known = before.find((one) => one.name === stream.name)
    const why = known && changed(known, stream)
    if (why) return { stream: stream.name, why }
  }
  return null
}

function changed(before: CompiledStream, after: CompiledStream): string | null {
  if (before.key !== after.key) return `its key would change from '${before.key}' to '${after.key}'`
  for (const [field, property] of Object.entries(before.schema.properties)) {
    const next = after.schema.properties[field]
    const why = next && narrowed(property, next)
    if (why) return `field '${field}' would ${why}`
    const wasOptional = !before.schema.required?.includes(field)
    if (next && wasOptional && after.schema.required?.includes(field))
      return `field '${field}' would no longer be optional`
  }
  return null
}

function narrowed(before: Record<string, unknown>, after: Record<string, unknown>): string | null {
  const [from, to] = [String(before['type']), String(after['type'])]
  if (from !== to && !(from === 'integer' && to === 'number')) return `change from ${from} to ${to}`
  const [had, has] = [before['enum'] as unknown[] | undefined, after['enum'] as unknown[] | undefined]
  const lost = has && (had?.find((value) => !has.includes(value)) ?? (had ? undefined : 'anything else'))
  return lost === undefined ? null : `no longer allow ${JSON.stringify(lost)}`
}
