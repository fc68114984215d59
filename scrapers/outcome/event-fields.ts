/** What the events made of one answer say of each field of their stream: of many values one finding. Pure. */
import type { StreamFields } from '../../engine/index.ts'
import { typeOf } from './field-rows.ts'
import type { FieldResult } from './signals.ts'

type Field = StreamFields['fields'][number]

/** An event as it was mapped, and whether its stream takes it. */
export interface Mapped {
  event: unknown
  fits: boolean
}

const NONE: ReadonlySet<string> = new Set()

/**
 * A field is there where at least half of the events have a fitting value for it. One that is optional may truthfully
 * be left out: of those that do no notice is taken. No events say nothing of their fields.
 */
export function eventFields(
  { fields, faulty }: StreamFields,
  mapped: readonly Mapped[],
): Record<string, FieldResult> {
  if (mapped.length === 0) return {}
  const rows = mapped.map(({ event, fits }) => {
    const row = isRow(event) ? event : {}
    return { row, faults: fits ? NONE : new Set(faulty(row)) }
  })
  return Object.fromEntries(fields.map((field) => [field.name, finding(field, rows)]))
}

/** Of an answer of which nothing could be mapped: whatever it holds, it was not found there. */
export function unmapped({ fields }: StreamFields, why: string): Record<string, FieldResult> {
  const note = `no events were made: ${why}`
  return Object.fromEntries(
    fields.map(({ name, optional }) => [name, { state: 'missing', optional, matches: 0, note }]),
  )
}

interface Row {
  row: Record<string, unknown>
  faults: ReadonlySet<string>
}

function finding({ name, optional, clock }: Field, rows: readonly Row[]): FieldResult {
  const good: unknown[] = []
  const wrong: unknown[] = []
  let nulls = 0
  for (const { row, faults } of rows) {
    const value = Object.hasOwn(row, name) ? row[name] : undefined
    if (value === undefined) continue
    if (value === null) nulls += 1
    else (faults.has(name) ? wrong : good).push(value)
  }
  const of = rows.length
  const carried = good.length + wrong.length + nulls
  const common = { optional, matches: good.length, share: good.length / of }
  const told = (count: number, what: string): string => `${what} ${count} of ${of} events`
  const looked = optional ? carried : of
  if (looked > 0 && good.length * 2 >= looked)
    return { ...common, state: 'ok', typical: typical(good, clock), note: '' }
  const left = of - carried
  if (wrong.length > 0 && wrong.length >= Math.max(nulls, optional ? 0 : left))
    return {
      ...common,
      state: 'invalid',
      typical: { type: commonest(wrong) },
      note: told(wrong.length, 'its value does not fit in'),
    }
  if (nulls > 0 && (optional || nulls >= left))
    return { ...common, state: 'empty', typical: { type: 'null' }, note: told(nulls, 'it is null in') }
  return { ...common, state: 'missing', note: told(left, 'it is left out of') }
}

/** Type of most of them; of these the median number, or the median length. */
function typical(values: readonly unknown[], clock: boolean): NonNullable<FieldResult['typical']> {
  const type = commonest(values)
  if (type === 'number' && !clock) {
    const value = median(
      values.filter((each) => typeof each === 'number' && Number.isFinite(each)) as number[],
    )
    return value === null ? { type } : { type, value }
  }
  if (type !== 'string' && type !== 'list') return { type }
  const length = median(
    values.flatMap((each) => (typeOf(each) === type ? [(each as string | unknown[]).length] : [])),
  )
  return length === null ? { type } : { type, length }
}

function commonest(values: readonly unknown[]): ReturnType<typeof typeOf> {
  const counts = new Map<ReturnType<typeof typeOf>, number>()
  for (const value of values) counts.set(typeOf(value), (counts.get(typeOf(value)) ?? 0) + 1)
  const [first] = [...counts].toSorted(([, a], [, b]) => b - a)
  return first?.[0] ?? 'null'
}

/** The lower one of two, so that it is a value that was there. */
function median(values: readonly number[]): number | null {
  return Float64Array.from(values).sort()[(values.length - 1) >> 1] ?? null
}

function isRow(event: unknown): event is Record<string, unknown> {
  return typeof event === 'object' && event !== null && !Array.isArray(event)
}
