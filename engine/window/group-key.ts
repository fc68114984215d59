/** The canonical key of a group: a JSON array of its `by` values in order, so that nothing can collide. */
import { createHash } from 'node:crypto'

/** Longest value of one group field; longer ones end in a hash of the whole, so that none fall together. */
export const MAX_GROUP_VALUE = 200

export function groupKey(values: readonly unknown[]): string {
  if (values.length === 1 && typeof values[0] === 'string') return `[${JSON.stringify(cut(values[0]))}]`
  return JSON.stringify(
    values.map((value) => (value === undefined || value === null ? null : cut(String(value)))),
  )
}

/** Whether a text from elsewhere is the canonical key of a group by `n` fields, or of the overflow. */
export function isGroupKey(key: string, n: number): boolean {
  if (key === OTHER_KEY) return true
  // A cut value as JSON: at most six characters for one.
  if (key.length > 2 + n * (6 * MAX_GROUP_VALUE + 3)) return false
  try {
    const values: unknown = JSON.parse(key)
    return Array.isArray(values) && values.length === n && groupKey(values) === key
  } catch {
    return false
  }
}

/** `{field: value}` of a canonical key; a missing value reads as the empty string. */
export function groupLabels(by: readonly string[], key: string): Record<string, string> {
  const values = JSON.parse(key) as (string | null)[]
  const labels: Record<string, string> = {}
  for (const [i, field] of by.entries()) labels[field] = values[i] ?? ''
  return labels
}

/** Group that everything beyond the group limit is counted under. */
export const OTHER = '__other__'
export const OTHER_KEY = groupKey([OTHER])

function cut(value: string): string {
  if (value.length <= MAX_GROUP_VALUE) return value
  const hash = createHash('sha256').update(value).digest('hex').slice(0, 16)
  return `${value.slice(0, MAX_GROUP_VALUE - 17)}~${hash}`
}
