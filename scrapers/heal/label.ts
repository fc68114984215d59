/** Label anchors: the value that stands beside a known text such as "Price:". */
import { type Element, isTag, isText } from 'domhandler'
import type { ValueSpec } from '../read/field.ts'
import { ancestors } from './document.ts'
import type { PageIndex } from './page-index.ts'
import { type Located, readingOf } from './relocate.ts'
import { keyOf, plain, readText } from './value.ts'

const MAX_LABEL = 40
const MAX_ANCHORS = 8

/** A text before a value that is short enough to be its label, or null. */
export function labelIn(before: string): string | null {
  const text = before.trim()
  if (text.length > MAX_LABEL || !/\p{L}{2}/u.test(text) || /\d/.test(text)) return null
  return text
}

/** Values beside the label, one per place it stands at. */
export function besideLabel(spec: ValueSpec, label: string, page: PageIndex): Located[] {
  const wanted = plain(label)
  if (wanted.length < 2) return []
  const anchors = page.tree.shown.filter((element) => {
    const text = page.tree.text(element)
    return text.length <= label.length + 6 && plain(text) === wanted
  })
  // Of nested elements with the same text only the innermost is looked at.
  const inner = anchors.filter(
    (each) => !anchors.some((other) => other !== each && ancestors(other).includes(each)),
  )
  return inner.slice(0, MAX_ANCHORS).flatMap((anchor) => {
    const element = elementAfter(anchor, page)
    const text = element && readingOf(spec, element, page)
    const value = text === null ? null : readText(spec, text)
    return element === null || value === null ? [] : [{ value, key: keyOf(value), element, score: 1 }]
  })
}

/** The innermost element that holds the next text after the anchor, within a few steps up. */
function elementAfter(anchor: Element, page: PageIndex): Element | null {
  let at = anchor
  for (let level = 0; level < 3; level += 1) {
    for (let next = at.next, looked = 0; next && looked < 12; next = next.next, looked += 1) {
      if (isText(next) && next.data.trim() !== '') return null
      if (isTag(next) && page.tree.text(next) !== '') return innermost(next, page)
    }
    const { parent } = at
    if (!parent || !isTag(parent)) return null
    at = parent
  }
  return null
}

function innermost(element: Element, page: PageIndex): Element {
  const text = page.tree.text(element)
  const child = element.children.find((each): each is Element => isTag(each) && page.tree.text(each) === text)
  return child ? innermost(child, page) : element
}
