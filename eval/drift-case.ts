/** The reader that somebody could have written for a labelled page: a selector per field that reads what the label says. */
import type { Element } from 'domhandler'
import { ancestors, classesOf, type PageTree } from '../scrapers/heal/document.ts'
import { nameWords } from '../scrapers/heal/features.ts'
import { selectorFor } from '../scrapers/heal/selector.ts'
import { type Value, keyOf, readText } from '../scrapers/heal/value.ts'
import type { FieldSpec, ListSpec, ValueSpec } from '../scrapers/read/field.ts'
import { MAX_NUMBER_TEXT } from './absent.ts'

export type Label = string | number | string[]

/** Labels about the site or the address: nobody reads them from the page's content. */
const NOT_CONTENT = ['host', 'canonical_url', 'site_name', 'language']

export function labelsOf(json: Record<string, unknown>): Map<string, Label> {
  const isLabel = (value: unknown): value is Label =>
    (typeof value === 'string' && value !== '') ||
    typeof value === 'number' ||
    (Array.isArray(value) && value.length > 1 && value.every((each) => typeof each === 'string'))
  return new Map(
    Object.entries(json).flatMap(([name, value]) =>
      isLabel(value) && !NOT_CONTENT.includes(name) ? [[name, value] as const] : [],
    ),
  )
}

/** One spec per label whose value stands on the page; a place is read by one field only. */
export function readerFor(labels: Map<string, Label>, page: PageTree): Map<string, FieldSpec> {
  const reader = new Map<string, FieldSpec>()
  const taken = new Set<Element>()
  for (const [field, label] of labels) {
    const spec = Array.isArray(label) ? listSpec(label, page) : valueSpec(field, label, page, taken)
    const value = spec && readCase(spec, page)
    if (spec && value !== null && keyOf(value) === keyOf(label)) reader.set(field, spec)
  }
  return reader
}

/** The product's reading of a page: the first match, or all of a list; null where there is nothing. */
export function readCase(spec: FieldSpec, page: PageTree): Value | null {
  if (spec.kind === 'product') return null
  const found = page.select(spec.selector)
  if (spec.kind === 'list')
    return found.length === 0 ? null : found.slice(0, spec.limit).map((each) => page.text(each))
  const [first] = found
  if (!first) return null
  return readText(spec, spec.attr === undefined ? page.text(first) : (first.attribs[spec.attr] ?? null))
}

interface Place {
  element: Element
  attr?: string
}

const ATTRIBUTES = ['src', 'href', 'content', 'datetime', 'data-src']

function valueSpec(
  field: string,
  label: string | number,
  page: PageTree,
  taken: Set<Element>,
): ValueSpec | null {
  const kind = typeof label === 'number' ? 'number' : 'text'
  const places = innermost(placesOf(kind, label, page)).filter(({ element }) => !taken.has(element))
  const named = places.filter(({ element }) => isNamed(field, element, page))
  // A number may stand for anything: only one whose surroundings name the field is surely the one.
  if (kind === 'number' && named.length === 0) return null
  const specs = (named.length > 0 ? named : places).slice(0, 5).flatMap(({ element, attr }) => {
    const selector = selectorFor(element, page)
    const spec: ValueSpec | null =
      selector === null ? null : { kind, selector, ...(attr !== undefined && { attr }) }
    return spec ? [{ spec, element }] : []
  })
  // People choose the place that is easy to name.
  const counting = ({ spec }: { spec: ValueSpec }): number => spec.selector.split('nth-of-type').length
  const [chosen] = specs.toSorted((a, b) => counting(a) - counting(b))
  if (!chosen) return null
  taken.add(chosen.element)
  return chosen.spec
}

function placesOf(kind: 'text' | 'number', label: string | number, page: PageTree): Place[] {
  const key = keyOf(label)
  const spec: ValueSpec = { kind, selector: '' }
  return page.shown.flatMap((element): Place[] => {
    const text = page.text(element)
    const isShort = kind === 'text' || text.length <= MAX_NUMBER_TEXT
    const value = isShort ? readText(spec, text) : null
    if (value !== null && keyOf(value) === key) return [{ element }]
    if (kind === 'number' || String(label).length <= 8) return []
    const attr = ATTRIBUTES.find((name) => keyOf(element.attribs[name] ?? '') === key)
    return attr === undefined ? [] : [{ element, attr }]
  })
}

function innermost(places: Place[]): Place[] {
  const outer = new Set(places.flatMap(({ element }) => ancestors(element)))
  return places.filter(({ element }) => !outer.has(element))
}

/** Whether names or texts close to an element hold a word of the field's name. */
function isNamed(field: string, element: Element, page: PageTree): boolean {
  const words = field
    .toLowerCase()
    .split('_')
    .map((word) => word.replace(/s$/, ''))
    .filter((word) => word.length > 3)
  return [element, ...ancestors(element, 3)].some((each) => {
    const around = [...nameWords(each), ...page.text(each).slice(0, 60).toLowerCase().split(/\W+/)]
    return words.some((word) => around.some((other) => other.startsWith(word)))
  })
}

function listSpec(label: string[], page: PageTree): ListSpec | null {
  const keys = label.map((text) => keyOf(text))
  for (const element of page.shown) {
    if (keyOf(page.text(element)) !== keys[0]) continue
    for (const selector of listSelectors(element, page)) {
      const matches = page.select(selector)
      if (matches.length === keys.length && matches.every((each, i) => keyOf(page.text(each)) === keys[i]))
        return { kind: 'list', selector, limit: 200 }
    }
  }
  return null
}

function* listSelectors(element: Element, page: PageTree): Generator<string> {
  const classes = classesOf(element).filter((name) => /^[a-z][\w-]*$/i.test(name))
  const own = [...classes.slice(0, 4).map((name) => `.${name}`), element.name]
  yield* own.slice(0, -1)
  for (const above of ancestors(element, 6)) {
    if (above.name === 'html' || above.name === 'body') return
    const anchor = selectorFor(above, page)
    if (anchor !== null) for (const name of own) yield `${anchor} ${name}`
  }
}
