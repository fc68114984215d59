/** What a good run teaches about a field: where its value stood, what else on the page said it, and how it was labelled. */
import type { FieldSpec, ListSpec, ValueSpec } from '../read/field.ts'
import { type ListFeatures, listFeatures } from './container.ts'
import type { Features } from './features.ts'
import { labelIn } from './label.ts'
import type { PageIndex } from './page-index.ts'
import { readingOf } from './relocate.ts'
import { pathsOf } from './stated.ts'
import { MAX_RECORD, type Value, keyOf, readText } from './value.ts'

/** Plain data, some 3 KB a field. */
export interface Lesson {
  /** Last good value; long lists and texts are cut. */
  good: Value
  /** Of the element (scalars), or of container and records (lists). */
  features: Features | null
  list: ListFeatures | null
  /** Paths of structured data that said the same. */
  paths: string[]
  /** Short text that stood before the value. */
  label: string | null
}

const MAX_RECORDS = 60

/** Null where the value read in the browser does not stand in the captured page: nothing can be learnt from it then. */
export function learn(name: string, spec: FieldSpec, value: Value, page: PageIndex): Lesson | null {
  if (spec.kind === 'product') return null
  const found = page.tree.select(spec.selector)
  return spec.kind === 'list'
    ? learnList(name, spec, found, page)
    : learnValue(name, spec, value, found, page)
}

function learnValue(
  name: string,
  spec: ValueSpec,
  value: Value,
  found: ReturnType<PageIndex['tree']['select']>,
  page: PageIndex,
): Lesson | null {
  const [element] = found
  const text = element && readingOf(spec, element, page)
  const reading = text === undefined ? null : readText(spec, text)
  if (!element || reading === null || keyOf(reading) !== keyOf(value)) return null
  const features = page.features(element)
  return {
    good: value,
    features:
      text === null || spec.attr === undefined ? features : { ...features, length: text?.length ?? 0 },
    list: null,
    paths: pathsOf(name, spec, value, page.structured),
    label: spec.label ?? labelIn(features.before),
  }
}

function learnList(
  name: string,
  spec: ListSpec,
  found: ReturnType<PageIndex['tree']['select']>,
  page: PageIndex,
): Lesson | null {
  const items = found.slice(0, spec.limit)
  const list = listFeatures(items, page)
  if (!list) return null
  const texts = items.map((item) => page.tree.text(item))
  return {
    good: remembered(texts),
    features: null,
    list,
    paths: pathsOf(name, spec, texts, page.structured),
    label: null,
  }
}

/** As much of a value as is remembered. */
export function remembered(value: Value): Value {
  return Array.isArray(value) ? value.slice(0, MAX_RECORDS).map((text) => text.slice(0, MAX_RECORD)) : value
}
