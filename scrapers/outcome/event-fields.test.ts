/** Of the many events of one answer one finding per field: whether it is there, and what is usual of its values. */
import { expect, test } from 'vitest'
import { type CompiledStream, streamFields } from '../../engine/index.ts'
import { eventFields, unmapped } from './event-fields.ts'

const number = { type: 'number', minimum: 0 }
const schema: CompiledStream['schema'] = {
  type: 'object',
  properties: { at: number, pair: { type: 'string' }, volume: number, note: { type: 'string' } },
  required: ['at', 'pair', 'volume'],
}
const AT = Date.UTC(2026, 0, 5)
const rest = { name: 'trades', key: 'pair', time: 'at', clock: 'live', lateness: 0, disorder: 0 } as const
const plain = { ...rest, partitions: 1, retention: { age: 1, bytes: 1 }, schemaVersion: 'a' }
const trades = streamFields({ ...plain, schema })

/** `change`: what each of the ten events has otherwise. */
function found(field: string, change: (i: number) => object, fits = true) {
  const mapped = Array.from({ length: 10 }, (_, i) => ({
    event: { at: AT, pair: 'BTC-EUR', volume: i, ...change(i) },
    fits,
  }))
  return eventFields(trades, mapped)[field]!
}

test('what is there has its type, the median of its numbers or lengths, and the share that has it', () => {
  expect(found('volume', (i) => (i === 9 ? { volume: 1e9 } : {}))).toEqual({
    state: 'ok',
    optional: false,
    matches: 10,
    share: 1,
    typical: { type: 'number', value: 4 },
    note: '',
  })
  expect(found('pair', () => ({})).typical).toEqual({ type: 'string', length: 7 })
  // That time goes on says nothing.
  expect(found('at', () => ({})).typical).toEqual({ type: 'number' })
})

test.each([
  ['most have it', 'volume', (i: number) => (i < 4 ? { volume: undefined } : {}), 'ok', 0.6, ''],
  [
    'most lack it',
    'volume',
    (i: number) => (i < 6 ? { volume: undefined } : {}),
    'missing',
    0.4,
    'left out of 6',
  ],
  ['most are null', 'volume', (i: number) => (i < 6 ? { volume: null } : {}), 'empty', 0.4, 'null in 6'],
  ['most are wrong', 'volume', (i: number) => (i < 6 ? { volume: '1' } : {}), 'invalid', 0.4, 'not fit in 6'],
  ['an optional one is rare', 'note', (i: number) => (i < 1 ? { note: 'x' } : {}), 'ok', 0.1, ''],
  ['an optional one is gone', 'note', () => ({}), 'missing', 0, 'left out of 10'],
  ['an optional one is null', 'note', (i: number) => (i < 2 ? { note: null } : {}), 'empty', 0, 'null in 2'],
  ['a rare one is wrong', 'note', (i: number) => (i < 2 ? { note: 7 } : {}), 'invalid', 0, 'not fit in 2'],
] as const)('%s', (_, field, change, state, share, note) => {
  const told = found(field, change, false)
  expect(told).toMatchObject({ state, share })
  expect(told.note).toContain(note)
})

test('of what is null or wrong the type is told, so that a new one is seen; never a value', () => {
  expect(found('volume', () => ({ volume: null }), false).typical).toEqual({ type: 'null' })
  expect(found('volume', () => ({ volume: '7' }), false).typical).toEqual({ type: 'string' })
})

test('a key without text and a time in seconds are wrong, whatever the schema says', () => {
  expect(found('pair', () => ({ pair: '' }), false)).toMatchObject({ state: 'invalid' })
  expect(found('at', () => ({ at: AT / 1000 }), false)).toMatchObject({ state: 'invalid' })
})

test('no events say nothing, no mapping says that all is lost; what is no object has no field', () => {
  expect(eventFields(trades, [])).toEqual({})
  expect(Object.values(unmapped(trades, 'no JSON')).map(({ state }) => state)).toEqual(
    Array(4).fill('missing'),
  )
  expect(eventFields(trades, [{ event: null, fits: false }])['volume']).toMatchObject({ state: 'missing' })
  const inherited = Object.create({ volume: 1 }) as object
  expect(eventFields(trades, [{ event: inherited, fits: false }])['volume']).toMatchObject({
    state: 'missing',
  })
})

test('of 200 fields and 10,000 events 50 findings are made, cheaply', () => {
  const names = Array.from({ length: 200 }, (_, i) => `f${i}`)
  const properties = Object.fromEntries(names.map((name) => [name, number]))
  const wide = streamFields({ ...plain, schema: { type: 'object', properties } })
  const mapped = Array.from({ length: 10_000 }, (_, n) => ({
    event: Object.fromEntries(names.slice(0, 50).map((name, i) => [name, (n * 7919 + i) % 1000])),
    fits: true,
  }))
  const begun = process.cpuUsage()
  expect(Object.keys(eventFields(wide, mapped))).toHaveLength(50)
  expect(process.cpuUsage(begun).user / 1000).toBeLessThan(1500)
})
