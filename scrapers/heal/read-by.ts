/** Reads a captured page by a selector or a path, as the page itself would have been read. */
import type { Element } from 'domhandler'
import type { How } from '../../engine/index.ts'
import type { FieldResult } from '../outcome/signals.ts'
import type { ListSpec, ValueSpec } from '../read/field.ts'
import type { RawField } from '../read/in-page.ts'
import { interpret } from '../read/interpret.ts'
import type { PageIndex } from './page-index.ts'
import { readingOf } from './relocate.ts'
import { votesOf } from './stated.ts'

/** The field as it is read so; null where that gives no valid value. */
export function readBy(spec: ValueSpec | ListSpec, how: How, page: PageIndex): FieldResult | null {
  const raw = 'path' in how ? byPath(spec, how.path, page) : bySelector(spec, how.selector, page)
  if (raw === null) return null
  const { field } = interpret({ field: spec }, { fields: { field: raw }, product: null })
  return field?.state === 'ok' ? field : null
}

const NOTHING: RawField = { matches: 0, texts: [], items: [], marker: false, label: false }

function byPath(spec: ValueSpec | ListSpec, path: string, page: PageIndex): RawField | null {
  const [vote] = votesOf(spec, [path], page.structured)
  // Records with parts are no list of texts.
  if (!vote || (spec.kind === 'list' && spec.fields)) return null
  const texts = (Array.isArray(vote.value) ? vote.value : [vote.value]).map(String)
  return { ...NOTHING, matches: texts.length, texts }
}

function bySelector(spec: ValueSpec | ListSpec, selector: string, page: PageIndex): RawField | null {
  let found: Element[]
  try {
    found = page.tree.select(selector)
  } catch {
    return null
  }
  const raw = { ...NOTHING, matches: found.length }
  if (spec.kind !== 'list')
    return { ...raw, texts: found.slice(0, 1).map((each) => readingOf(spec, each, page)) }
  const items = found.slice(0, spec.limit)
  const { fields } = spec
  if (!fields) return { ...raw, texts: items.map((each) => page.tree.text(each)) }
  return { ...raw, items: items.map((item) => rowOf(item, fields, page)) }
}

function rowOf(
  item: Element,
  fields: Record<string, ValueSpec>,
  page: PageIndex,
): Record<string, string | null> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, inner]) => {
      const tries = inner.selector === '' ? [] : [inner.selector, ...(inner.or ?? [])]
      const element =
        tries.length === 0 ? item : tries.map((each) => page.tree.inside(item, each)).find(Boolean)
      return [name, element ? readingOf(inner, element, page) : null]
    }),
  )
}
