import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteReader, ByteWriter } from './bytes.ts'

const whole = fc.oneof(fc.nat(300), fc.nat(2 ** 31 - 1), fc.maxSafeNat())

test('what was written is read again, whatever the sizes', () => {
  const item = fc.oneof(
    fc.record({ kind: fc.constant('varint' as const), value: whole }),
    fc.record({ kind: fc.constant('signed' as const), value: fc.integer({ min: -(2 ** 31), max: 2 ** 31 }) }),
    fc.record({ kind: fc.constant('double' as const), value: fc.double() }),
    fc.record({ kind: fc.constant('uint32' as const), value: fc.nat(2 ** 31) }),
  )
  fc.assert(
    fc.property(fc.array(item), (items) => {
      const out = new ByteWriter(1)
      for (const { kind, value } of items) out[kind](value)
      const from = new ByteReader(out.done())
      for (const { kind, value } of items) expect(from[kind]()).toBe(value)
      expect(() => from.varint()).toThrow(RangeError)
    }),
  )
})

test('bytes that make no number, and lengths that cannot be, are refused', () => {
  expect(() => new ByteReader(Buffer.alloc(20, 0xff)).varint()).toThrow('53 bits')
  expect(() => new ByteReader(Buffer.of(200, 1, 0)).length()).toThrow(RangeError)
})
