/** Structural relocation: which element of a changed page is most like the one that held the good value, and by how much. */
import type { Element } from 'domhandler'
import type { FieldSpec, ValueSpec } from '../read/field.ts'
import type { PageIndex } from './page-index.ts'
import { type Features, similarity } from './features.ts'
import { type Value, keyOf, readText } from './value.ts'

export interface Located {
  value: Value
  key: string
  element: Element
  /** 0 to 1. */
  score: number
}

const MAX_RANKED = 50
/** So much less alike may an element be than one around it that says the same and more. */
const INNER = 0.1

/** Values of the page by how much their best element is like `learnt`, best first; one entry per value. */
export function relocate(spec: ValueSpec, learnt: Features, page: PageIndex): Located[] {
  const best = new Map<string, Located>()
  for (const element of spec.attr === undefined ? page.tree.shown : page.tree.elements) {
    const text = readingOf(spec, element, page)
    if (text === null || !isCandidate(spec, text, learnt)) continue
    const value = readText(spec, text)
    if (value === null) continue
    const key = keyOf(value)
    const score = similarity(learnt, page.features(element))
    const known = best.get(key)
    // Of nested elements that say the same the innermost is meant, which comes later.
    const inside = known && page.tree.order.get(element)! <= page.tree.end.get(known.element)!
    if (!known || score >= known.score - (inside ? INNER : 0)) best.set(key, { value, key, element, score })
  }
  return [...best.values()].toSorted((a, b) => b.score - a.score).slice(0, MAX_RANKED)
}

/** What a spec reads of one element: its text, or an attribute. */
export function readingOf(spec: ValueSpec, element: Element, page: PageIndex): string | null {
  if (spec.attr !== undefined) return element.attribs[spec.attr]?.replace(/\s+/g, ' ').trim() ?? null
  return page.tree.text(element)
}

/** Whole sections and single letters are no candidates: a value keeps its order of magnitude. */
function isCandidate(spec: FieldSpec, text: string, learnt: Features): boolean {
  if (text === '') return false
  if (spec.kind === 'text')
    return text.length <= learnt.length * 4 + 20 && text.length * 4 + 8 >= learnt.length
  return text.length <= learnt.length * 2 + 20
}
