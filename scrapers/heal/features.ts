/** What is remembered of an element that held a good value, and how much another element is like it. */
import { type Element, isTag, isText } from 'domhandler'
import { ancestors, classesOf, elementChildren, type PageTree } from './document.ts'

/** Plain data; bounded by its limits to some 1.5 KB. */
export interface Features {
  tag: string
  /** Words of id, class names and telling attributes, lower case. */
  words: string[]
  /** Tag and words of the nearest ancestors, nearest first. */
  path: { tag: string; words: string[] }[]
  /** Text that stands right before the element. */
  before: string
  /** Text of the nearest heading above. */
  heading: string
  /** The text with digits as `#`, its words only. */
  shape: string[]
  length: number
  /** Place in the document, 0 to 1. */
  place: number
}

const MAX_PATH = 6
const MAX_WORDS = 12
const TELLING = [
  'itemprop',
  'name',
  'role',
  'aria-label',
  'data-testid',
  'data-test',
  'data-qa',
  'data-id',
  'rel',
  'property',
  'title',
  'type',
]

/** Words of names: camelCase, kebab-case and snake_case apart; what a build tool made up is left out. */
export function nameWords(element: Element): string[] {
  const { attribs } = element
  const names = [attribs['id'] ?? '', ...classesOf(element)]
  for (const name of TELLING) names.push((attribs[name] ?? '').slice(0, 60))
  for (const name of Object.keys(attribs)) if (name.startsWith('data-')) names.push(name.slice(5))
  const words = names.flatMap((name) =>
    name
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .toLowerCase()
      .split(/[^\p{L}]+/u)
      .filter((word) => word.length > 2),
  )
  return [...new Set(words)].slice(0, MAX_WORDS)
}

export function featuresOf(element: Element, text: string, page: PageTree): Features {
  return {
    tag: element.name,
    words: nameWords(element),
    path: ancestors(element, MAX_PATH).map((above) => ({ tag: above.name, words: nameWords(above) })),
    before: textBefore(element, page),
    heading: headingAbove(element, page),
    shape: shapeOf(text),
    length: text.length,
    place: (page.order.get(element) ?? 0) / page.elements.length,
  }
}

export function shapeOf(text: string): string[] {
  const words = text
    .slice(0, 200)
    .toLowerCase()
    .replace(/\d+/g, '#')
    .match(/[\p{L}#]+|\p{Sc}|%/gu)
  return [...new Set(words ?? [])].slice(0, MAX_WORDS)
}

const MAX_BEFORE = 60

/** The nearest text before an element, from its siblings or those of a parent that holds little else. */
export function textBefore(element: Element, page: PageTree): string {
  let at = element
  for (let level = 0; level < 3; level += 1) {
    for (let sibling = at.prev, looked = 0; sibling && looked < 12; sibling = sibling.prev, looked += 1) {
      const text = isText(sibling)
        ? sibling.data.replace(/\s+/g, ' ').trim()
        : isTag(sibling)
          ? page.text(sibling)
          : ''
      if (text !== '') return text.slice(-MAX_BEFORE)
    }
    const { parent } = at
    if (!parent || !isTag(parent) || parent.name === 'body') return ''
    at = parent
  }
  return ''
}

/** Text of the nearest heading that stands before the element, found by climbing. */
function headingAbove(element: Element, page: PageTree): string {
  let at = element
  for (let level = 0; level < 8; level += 1) {
    let looked = 0
    for (let sibling = at.prev; sibling && looked < 12; sibling = sibling.prev) {
      if (!isTag(sibling)) continue
      looked += 1
      if (/^h[1-6]$/.test(sibling.name)) return page.text(sibling).slice(0, MAX_BEFORE)
      const inner = elementChildren(sibling).findLast(({ name }) => /^h[1-6]$/.test(name))
      if (inner) return page.text(inner).slice(0, MAX_BEFORE)
    }
    const { parent } = at
    if (!parent || !isTag(parent) || parent.name === 'body') return ''
    at = parent
  }
  return ''
}

const WEIGHT = {
  tag: 1,
  words: 3,
  pathTags: 1.5,
  pathWords: 2,
  before: 2,
  heading: 1.5,
  shape: 1.5,
  length: 0.5,
  place: 0.7,
}

/** 0 to 1. What neither of the two has says nothing and is left out of the sum. */
export function similarity(a: Features, b: Features): number {
  let got = 0
  let of = 0
  const add = (weight: number, share: number | null): void => {
    if (share === null) return
    got += weight * share
    of += weight
  }
  add(WEIGHT.tag, a.tag === b.tag ? 1 : isHeading(a.tag) && isHeading(b.tag) ? 0.5 : 0)
  add(WEIGHT.words, overlap(a.words, b.words))
  add(
    WEIGHT.pathTags,
    commonRun(
      a.path.map(({ tag }) => tag),
      b.path.map(({ tag }) => tag),
    ),
  )
  add(
    WEIGHT.pathWords,
    overlap(
      a.path.flatMap(({ words }) => words),
      b.path.flatMap(({ words }) => words),
    ),
  )
  add(WEIGHT.before, overlap(shapeOf(a.before), shapeOf(b.before)))
  add(WEIGHT.heading, overlap(shapeOf(a.heading), shapeOf(b.heading)))
  add(WEIGHT.shape, overlap(a.shape, b.shape))
  add(WEIGHT.length, Math.min(a.length + 5, b.length + 5) / Math.max(a.length + 5, b.length + 5))
  add(WEIGHT.place, 1 - Math.min(1, Math.abs(a.place - b.place) * 2))
  return got / of
}

function isHeading(tag: string): boolean {
  return /^h[1-6]$/.test(tag)
}

/** Dice coefficient of two sets of words; null where both are empty. */
function overlap(a: string[], b: string[]): number | null {
  if (a.length === 0 && b.length === 0) return null
  const left = new Set(a)
  const right = new Set(b)
  let shared = 0
  for (const word of left) if (right.has(word)) shared += 1
  return (2 * shared) / (left.size + right.size)
}

/** Longest common subsequence of two short lists, as a share of the longer. */
function commonRun(a: string[], b: string[]): number | null {
  if (a.length === 0 && b.length === 0) return null
  let row = Array.from({ length: b.length + 1 }, () => 0)
  for (const each of a) {
    const next = [0]
    for (let j = 0; j < b.length; j += 1)
      next.push(each === b[j] ? row[j]! + 1 : Math.max(row[j + 1]!, next[j]!))
    row = next
  }
  return row[b.length]! / Math.max(a.length, b.length)
}
