import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBatch, encodeRow } from './batch.ts'
import { MAX_BATCH_BYTES, MAX_BATCH_ROWS } from './entry.ts'

const value = fc.oneof(
  fc.string(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
)
const row = fc.dictionary(fc.constantFrom('a', 'b', 'ü"', '__proto__', 'toString'), value, {
  noNullPrototype: false,
})

test('rows come back from their columns', () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 20 }), (rows) => {
      const batch = createBatch()
      for (const each of rows) expect(batch.add(encodeRow(each))).toBe(true)
      const columns = new Map(Object.entries(JSON.parse(batch.columns()) as Record<string, unknown[]>))
      for (const column of columns.values()) expect(column).toHaveLength(rows.length)
      for (const [i, each] of rows.entries())
        for (const [name, expected] of Object.entries(each))
          expect(columns.get(name)?.[i] ?? null).toEqual(Object.is(expected, -0) ? 0 : expected)
    }),
    { numRuns: 50 },
  )
})

test('the size is known to the byte', () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 20 }), (rows) => {
      const batch = createBatch()
      for (const each of rows) batch.add(encodeRow(each))
      const bytes = Buffer.byteLength(batch.columns())
      // A comma is counted for every value and column, the last ones have none.
      expect(batch.bytes).toBeGreaterThanOrEqual(bytes)
      expect(batch.bytes).toBeLessThanOrEqual(bytes + 2 * 5)
    }),
    { numRuns: 50 },
  )
})

test('a batch is full at its limit of rows', () => {
  const batch = createBatch()
  const small = encodeRow({ a: 1 })
  for (let i = 0; i < MAX_BATCH_ROWS; i++) expect(batch.add(small)).toBe(true)
  expect(batch.add(small)).toBe(false)
  expect(batch.rows).toBe(MAX_BATCH_ROWS)
})

test('a batch is full at its limit of bytes, also where rows bring ever new fields', () => {
  const batch = createBatch()
  for (let i = 0; batch.add(encodeRow({ [`field${i}`]: '🦊'.repeat(50) })); i++);
  expect(batch.bytes).toBeLessThanOrEqual(MAX_BATCH_BYTES)
  expect(batch.bytes).toBeGreaterThan(MAX_BATCH_BYTES * 0.9)
  expect(Buffer.byteLength(batch.columns())).toBeLessThanOrEqual(MAX_BATCH_BYTES)
})
