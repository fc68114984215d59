/** Lists: what is healed is the container of the records and what they have in common, never one record. */
import { type Element, isTag } from 'domhandler'
import type { ListSpec } from '../read/field.ts'
import { ancestors, classesOf } from './document.ts'
import { type Features, similarity } from './features.ts'
import type { PageIndex } from './page-index.ts'
import { keyOf, recordKey } from './value.ts'

/** What is remembered of a list; the texts themselves are its last good value. */
export interface ListFeatures {
  container: Features
  item: Features
  count: number
  /** Mean length of a record's text. */
  length: number
}

export interface LocatedList {
  value: string[]
  key: string
  elements: Element[]
  /** 0 to 1, by structure alone. */
  score: number
  /** Share of last good records that are here, and of these records that were there before; the smaller one. */
  known: number
}

const MAX_LEVELS = 5
const MAX_GROUPS = 4000
const MAX_RANKED = 30

export function listFeatures(items: Element[], page: PageIndex): ListFeatures | null {
  const container = commonAncestor(items)
  if (!container || items.length === 0) return null
  const lengths = items.map((item) => page.tree.text(item).length)
  return {
    container: page.features(container),
    item: page.features(items[0]!),
    count: items.length,
    length: mean(lengths),
  }
}

/** Groups of like elements by how much they resemble the learnt list, or hold its records; best first. */
export function relocateList(
  spec: ListSpec,
  learnt: ListFeatures,
  good: string[],
  page: PageIndex,
): LocatedList[] {
  const before = new Set(good.map(recordKey))
  const best = new Map<string, LocatedList>()
  for (const { container, items } of groups(page)) {
    if (items.length > Math.min(learnt.count * 4 + 4, spec.limit)) continue
    const value = items.map((item) => page.tree.text(item))
    const length = mean(value.map((text) => text.length))
    if (length > learnt.length * 4 + 10 || length * 4 + 10 < learnt.length) continue
    const score =
      0.45 * similarity(learnt.container, page.features(container)) +
      0.35 * similarity(learnt.item, page.features(items[0]!)) +
      0.1 * ratio(items.length, learnt.count) +
      0.1 * ratio(length + 5, learnt.length + 5)
    const now = new Set(value.map(recordKey))
    const shared = [...now].filter((text) => before.has(text)).length
    const known = Math.min(shared / Math.max(before.size, 1), shared / Math.max(now.size, 1))
    const key = keyOf(value)
    const other = best.get(key)
    if (!other || score > other.score) best.set(key, { value, key, elements: items, score, known })
  }
  const ranked = [...best.values()]
  const keep = new Set([
    ...ranked.toSorted((a, b) => b.score - a.score).slice(0, MAX_RANKED),
    ...ranked.toSorted((a, b) => b.known - a.known).slice(0, 5),
  ])
  return [...keep].toSorted((a, b) => b.score - a.score)
}

/** Elements of one tag, or of one tag and class, below one ancestor; the same set below several counts for the nearest. */
function groups(page: PageIndex): { container: Element; items: Element[] }[] {
  const byContainer = new Map<Element, Map<string, Element[]>>()
  for (const element of page.tree.shown) {
    if (page.tree.text(element) === '') continue
    const signatures = [
      element.name,
      ...classesOf(element)
        .slice(0, 3)
        .map((name) => `${element.name}.${name}`),
    ]
    for (const above of ancestors(element, MAX_LEVELS)) {
      if (above.name === 'html' || above.name === 'body') break
      let own = byContainer.get(above)
      if (!own) byContainer.set(above, (own = new Map()))
      for (const signature of signatures) {
        const items = own.get(signature)
        if (items) items.push(element)
        else own.set(signature, [element])
      }
    }
  }
  const found: { container: Element; items: Element[] }[] = []
  const seen = new Set<string>()
  // Nearest containers come last in document order: they name the set.
  for (const [container, own] of [...byContainer].toReversed())
    for (const items of own.values()) {
      if (items.length < 2 || found.length >= MAX_GROUPS) continue
      const set = `${page.tree.order.get(items[0]!)} ${page.tree.order.get(items.at(-1)!)} ${items.length}`
      if (seen.has(set)) continue
      seen.add(set)
      if (!nested(items, page)) found.push({ container, items })
    }
  return found
}

/** In document order an element that holds another stands right before it. */
function nested(items: Element[], { tree }: PageIndex): boolean {
  return items.some((item, i) => i > 0 && tree.order.get(item)! <= tree.end.get(items[i - 1]!)!)
}

function commonAncestor(items: Element[]): Element | null {
  const [first] = items
  if (!first) return null
  if (items.length === 1) return first.parent && isTag(first.parent) ? first.parent : null
  const last = items.at(-1)!
  const others = new Set(ancestors(last))
  return ancestors(first).find((above) => others.has(above)) ?? null
}

function mean(numbers: number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0) / Math.max(numbers.length, 1)
}

function ratio(a: number, b: number): number {
  return Math.min(a, b) / Math.max(a, b, 1)
}
