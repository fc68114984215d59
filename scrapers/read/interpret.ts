/** From raw finds to field results: parses values, tells missing from absent, names the evidence. Pure. */
import { type FieldResult, isRead } from '../outcome/signals.ts'
import { parseAmount } from './amount.ts'
import type { FieldSpec, ListSpec, ProductSpec, ReaderMap, ValueSpec } from './field.ts'
import type { PageAnswer, RawField } from './in-page.ts'
import { type ProductFacts, weighProduct } from './product.ts'
import { schemaErrors } from './schema.ts'

/** Results of all fields of one page. */
export function interpret(
  read: ReaderMap,
  answer: Pick<PageAnswer, 'fields' | 'product'>,
): Record<string, FieldResult> {
  const facts = answer.product ? weighProduct(answer.product) : null
  const results: Record<string, FieldResult> = {}
  for (const [name, spec] of Object.entries(read)) results[name] = resultOf(spec, answer.fields[name], facts)
  const values = Object.fromEntries(
    Object.entries(results).flatMap(([name, result]) => (isRead(result.state) ? [[name, result.value]] : [])),
  )
  for (const [name, message] of schemaErrors(read, values)) {
    const result = results[name]
    // Fields that are not there at all have been named above, better.
    if (result && isRead(result.state)) results[name] = { ...result, state: 'invalid', note: message }
  }
  return results
}

/** Values that `sane` judges: what was read, and truthfully empty lists. */
export function valuesOf(fields: Record<string, FieldResult>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, { state, value }]) =>
      isRead(state) || (state === 'absent' && value !== undefined) ? [[name, value]] : [],
    ),
  )
}

/** The values that may leave this process: those of private fields are for `sane` alone. */
export function publicValues(read: ReaderMap, fields: Record<string, FieldResult>): Record<string, unknown> {
  const values = Object.entries(valuesOf(fields)).flatMap(([name, value]): [string, unknown][] => {
    const spec = read[name]
    if (spec === undefined || spec.private === true) return []
    return [[name, spec.kind === 'list' ? publicItems(spec, value) : value]]
  })
  return Object.fromEntries(values)
}

function publicItems({ fields }: ListSpec, items: unknown): unknown {
  const secret = Object.entries(fields ?? {}).flatMap(([name, each]) => (each.private === true ? [name] : []))
  if (secret.length === 0 || !Array.isArray(items)) return items
  return items.map((item: object) =>
    Object.fromEntries(Object.entries(item).filter(([name]) => !secret.includes(name))),
  )
}

function resultOf(spec: FieldSpec, raw: RawField | undefined, facts: ProductFacts | null): FieldResult {
  const base = { optional: spec.optional ?? false, matches: raw?.matches ?? 0 }
  if (!raw) return { ...base, state: 'missing', note: 'the page did not answer' }
  if (raw.error !== undefined) return { ...base, state: 'missing', note: raw.error }
  if (spec.kind === 'product') return { ...base, ...productResult(spec, facts) }
  if (raw.matches === 0) return { ...base, ...nothingFound(spec, raw) }
  const result = {
    ...base,
    ...(spec.kind === 'list' ? listResult(spec, raw) : valueResult(spec, raw.texts[0] ?? null)),
  }
  if (raw.by === undefined || result.state !== 'ok') return result
  return {
    ...result,
    state: 'healed',
    source: 'fallback',
    by: raw.by,
    note: `read by the fallback "${raw.by}"; nothing matches "${spec.selector}"`,
  }
}

type Part = Omit<FieldResult, 'optional' | 'matches'>

/** Silence is never "no data": only a marker on the page makes it absent. */
function nothingFound(spec: ValueSpec | ListSpec, raw: RawField): Part {
  if (raw.marker && spec.absentWhen) {
    const marker = typeof spec.absentWhen === 'string' ? spec.absentWhen : spec.absentWhen.selector
    return {
      state: 'absent',
      note: `the page says "${marker}"`,
      ...(spec.kind === 'list' ? { value: [] } : {}),
    }
  }
  const label =
    spec.label === undefined ? '' : raw.label ? `, though "${spec.label}" still stands on the page` : ''
  return { state: 'missing', note: `nothing matches "${spec.selector}"${label}` }
}

function valueResult(spec: ValueSpec, text: string | null): Part {
  if (text === null) return { state: 'missing', note: `"${spec.selector}" has no attribute ${spec.attr}` }
  if (text === '') return { state: 'empty', note: `"${spec.selector}" is there but empty` }
  if (spec.kind === 'text') return { state: 'ok', value: text, source: 'selector', note: '' }
  const value = numberOf(spec, text)
  if (value === null)
    return {
      state: 'invalid',
      note: `${spec.private === true ? 'the text' : `"${text.slice(0, 80)}"`} is no ${spec.kind === 'money' ? 'amount' : 'number'}`,
    }
  return { state: 'ok', value, source: 'selector', note: '' }
}

function numberOf(spec: ValueSpec, text: string): number | null {
  return parseAmount(text, {
    as: spec.kind === 'number' ? 'number' : 'money',
    ...(spec.decimal && { decimal: spec.decimal }),
  })
}

function listResult(spec: ListSpec, raw: RawField): Part {
  const { fields } = spec
  if (!fields)
    return { state: 'ok', value: raw.texts.map((text) => text ?? ''), source: 'selector', note: '' }
  const losses = new Map<string, Loss>()
  const items = raw.items.map((row) =>
    Object.fromEntries(
      Object.entries(fields).flatMap(([name, inner]) => {
        const found = row[name]
        const part = found === null || found === undefined ? null : valueResult(inner, found)
        if (part?.state === 'ok') return [[name, part.value]]
        if (!inner.optional) losses.set(name, lossOf(losses.get(name), inner, part))
        return []
      }),
    ),
  )
  if (losses.size === 0) return { state: 'ok', value: items, source: 'selector', note: '' }
  const note = [...losses]
    .map(([name, { rows, why }]) => `${name}: ${why} in ${rows} of ${items.length} items`)
    .join(', ')
  // A part that no item has any more: the template of the items changed. One that some have not is odd data.
  const lost = [...losses.values()].some(({ unmatched }) => unmatched === items.length)
  return lost ? { state: 'missing', note } : { state: 'invalid', value: items, note }
}

/** A part that items of a list lack. */
interface Loss {
  rows: number
  /** Rows in which nothing matched. */
  unmatched: number
  /** What was found instead in the last of them. */
  why: string
}

function lossOf(known: Loss | undefined, { selector, attr }: ValueSpec, part: Part | null): Loss {
  const { rows, unmatched } = known ?? { rows: 0, unmatched: 0 }
  const sought = `"${selector}"${attr === undefined ? '' : ` with ${attr}`}`
  return {
    rows: rows + 1,
    unmatched: unmatched + (part === null ? 1 : 0),
    why: part?.note ?? `nothing matches ${sought}`,
  }
}

function productResult(spec: ProductSpec, facts: ProductFacts | null): Part {
  const found = facts?.[spec.property]
  if (found) return { state: 'ok', value: found.value, source: found.source, note: '' }
  const gone = facts?.availability
  // What cannot be bought has truthfully no price: the availability is the positive evidence.
  if (spec.property !== 'availability' && gone && gone.value !== 'InStock') {
    return { state: 'absent', note: `the product is ${gone.value}, and has no ${spec.property}` }
  }
  return { state: 'missing', note: `no ${spec.property} in structured data, meta tags or markup` }
}
