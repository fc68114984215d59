/** Bounds on everything a row may hold, whatever its schema allows: length of texts and lists, depth, finite numbers. */

/** Longest text where the schema names no limit, characters. */
export const MAX_STRING = 8192
const MAX_ITEMS = 1000
const MAX_DEPTH = 4

/** What is out of bounds, or null. `limits` holds fields with a longer limit of their own. */
export function boundsTrouble(row: Record<string, unknown>, limits: Map<string, number>): string | null {
  for (const field in row) {
    const value = row[field]
    // The common cases without a call: this runs for every field of every event.
    if (typeof value === 'string' && value.length <= MAX_STRING) continue
    if (typeof value === 'number' && Number.isFinite(value)) continue
    const trouble = valueTrouble(value, limits.get(field) ?? MAX_STRING, 1)
    if (trouble !== null) return `field ${JSON.stringify(field.slice(0, 60))}: ${trouble}`
  }
  return null
}

function valueTrouble(value: unknown, longest: number, depth: number): string | null {
  switch (typeof value) {
    case 'string':
      return value.length > longest ? `${value.length} characters, at most ${longest} allowed` : null
    case 'number':
      return Number.isFinite(value) ? null : `expected a finite number, found ${value}`
    case 'boolean':
    case 'undefined':
      return null
    case 'object':
      return value === null ? null : nestedTrouble(value, longest, depth)
    default:
      return `a ${typeof value} is no JSON value`
  }
}

function nestedTrouble(value: object, longest: number, depth: number): string | null {
  if (depth > MAX_DEPTH) return `nested deeper than ${MAX_DEPTH} levels`
  const items: unknown[] = Array.isArray(value) ? value : Object.values(value)
  if (items.length > MAX_ITEMS) return `${items.length} items, at most ${MAX_ITEMS} allowed`
  for (const item of items) {
    const trouble = valueTrouble(item, longest, depth + 1)
    if (trouble !== null) return trouble
  }
  return null
}
