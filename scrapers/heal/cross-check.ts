/** A free alarm: a selector that still finds something, where the page's structured data says something else. */
import type { FieldSpec } from '../read/field.ts'
import type { Lesson } from './learn.ts'
import type { PageIndex } from './page-index.ts'
import { votesOf } from './stated.ts'
import { type Value, keyOf } from './value.ts'

/**
 * What the page states instead, or null. Only paths speak that said the same as the selector when the lesson was
 * learnt, and none of them may agree with the value now.
 */
export function contradiction(spec: FieldSpec, lesson: Lesson, value: Value, page: PageIndex): Value | null {
  const votes = votesOf(spec, lesson.paths, page.structured)
  const key = keyOf(value)
  if (votes.length === 0 || votes.some((vote) => vote.key === key)) return null
  return votes[0]!.value
}
