/** The verdict over the fields of a page that is the right page. */
import type { FieldState } from '../../engine/index.ts'
import { type FieldResult, isAnswered } from './signals.ts'

export interface FieldVerdict {
  outcome: 'absent' | 'layout_changed' | 'invalid_data' | 'partial'
  reason: string
  detail: string
}

/**
 * Missing beats invalid beats absent: one field that truthfully has nothing does not excuse another that was
 * lost. `absent` therefore means: everything required is there, or truthfully not there.
 */
export function fieldVerdict(
  fields: Record<string, FieldResult>,
  insane: string | null,
  optionalShare: number,
): FieldVerdict | null {
  const all = Object.entries(fields)
  const required = (state: FieldState) => all.filter(([, field]) => !field.optional && field.state === state)
  const missing = required('missing')
  if (missing.length > 0) return { outcome: 'layout_changed', reason: 'selector', detail: notes(missing) }
  const invalid = required('invalid')
  if (invalid.length > 0) return { outcome: 'invalid_data', reason: 'schema', detail: notes(invalid) }
  if (insane !== null) return { outcome: 'invalid_data', reason: 'sane', detail: insane }
  const empty = required('empty')
  if (empty.length > 0) return { outcome: 'partial', reason: 'empty', detail: notes(empty) }
  const absent = required('absent')
  if (absent.length > 0) return { outcome: 'absent', reason: 'marker', detail: notes(absent) }
  const optional = all.filter(([, field]) => field.optional)
  const lost = optional.filter(([, field]) => !isAnswered(field.state))
  if (lost.length > optional.length * optionalShare) {
    return { outcome: 'partial', reason: 'optional', detail: notes(lost) }
  }
  return null
}

function notes(fields: [string, FieldResult][]): string {
  return fields.map(([name, field]) => `${name}: ${field.note}`).join('; ')
}
