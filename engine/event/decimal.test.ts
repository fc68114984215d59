import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decimalOf } from './decimal.ts'

const DECIMAL = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/

test('a decimal is the double that Number makes of it, anything else is none', () => {
  const text = fc.oneof(
    fc.stringMatching(/^-?\d{1,19}(\.\d{1,19})?([eE][+-]?\d{1,3})?$/),
    fc.double().map(String),
    fc.stringMatching(/^[-+.0-9e x]{0,8}$/),
    fc.string(),
  )
  fc.assert(
    fc.property(text, (one) => {
      expect(Object.is(decimalOf(one), DECIMAL.test(one) ? Number(one) : Number.NaN), one).toBe(true)
    }),
    { numRuns: 3000 },
  )
})
