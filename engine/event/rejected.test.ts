import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_DEAD_BYTES } from './entry.ts'
import { cleanName, producerId, renewedId } from './producer-id.ts'
import { cutBytes, rejected } from './rejected.ts'

test('texts are cut by bytes, at whole characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', 'ü', '€', '🦊') }), fc.nat(30), (text, most) => {
      const cut = cutBytes(text, most)
      expect(text.startsWith(cut)).toBe(true)
      const bytes = Buffer.byteLength(cut)
      expect(bytes).toBeLessThanOrEqual(most)
      if (cut !== text) expect(bytes + 4).toBeGreaterThan(most)
    }),
    { numRuns: 100 },
  )
})

test('a dead letter keeps a bounded piece of anything', () => {
  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = cyclic
  expect(rejected(cyclic, 'r', 'o').row.raw).toBe('(not JSON)')
  expect(rejected({ a: 1n }, 'r', 'o').row.raw).toBe('(not JSON)')
  expect(rejected(undefined, 'r', 'o').row.raw).toBe('undefined')
  const { row, bytes } = rejected('\u0000'.repeat(5_000_000), 'r'.repeat(9999), 'o'.repeat(9999))
  expect(Buffer.byteLength(row.raw)).toBe(MAX_DEAD_BYTES)
  expect(bytes).toBe(JSON.stringify(row).length + 1)
  expect(bytes).toBeLessThan(64 * 1024)
})

test('producer ids are clean and carry their start', () => {
  expect(cleanName('Bank 1/näme~x')).toBe('bank-1-n-me-x')
  expect(cleanName('')).toBe('producer')
  expect(producerId('p', 1234, () => 0.999)).toBe('p~1234~zzzzzzzzzzzz')
})

test('a producer that lives for long gets a new id twice a day', () => {
  let now = 1000
  const id = renewedId(
    'p',
    () => now,
    () => 0,
  )
  expect(id()).toBe('p~1000~000000000000')
  now += 12 * 3_600_000 - 1
  expect(id()).toBe('p~1000~000000000000')
  now += 1
  expect(id()).toBe(`p~${now}~000000000000`)
})
