import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { CompiledStream } from '../config/compiled.ts'
import { compileFlatColumns } from './flat-columns.ts'
import { flatRow } from './flat.ts'
import { Texts } from './texts.ts'
import { compileValidator } from './validate.ts'

const stream: CompiledStream = {
  name: 's',
  key: 'k',
  time: 'at',
  clock: 'live',
  lateness: 0,
  disorder: 0,
  partitions: 1,
  retention: { age: 1, bytes: 1 },
  schema: {
    type: 'object',
    properties: {
      at: { type: 'number' },
      k: { type: 'string' },
      v: { type: 'number', minimum: 0, maximum: 100 },
      n: { type: 'integer' },
      on: { type: 'boolean' },
      side: { type: 'string', enum: ['buy', 'sell'] },
      note: { type: 'string', minLength: 2, maxLength: 5 },
    },
    required: ['at', 'k', 'v'],
  },
  schemaVersion: 'x',
}
const compiled = compileFlatColumns(stream)
const fast = (fields: string[]): ReturnType<typeof compiled> => compiled(Texts.of(fields))
const valid = compileValidator(stream)

const value = fc.oneof(
  fc.constantFrom(
    '1700000000000',
    '1700000000',
    'a',
    '',
    '50',
    '-1',
    '1e2',
    '0x10',
    ' 5',
    'true',
    '1',
    'buy',
    'hold',
    'null',
    '💥💥💥',
  ),
  fc.string({ maxLength: 8 }),
  fc.double().map(String),
)
const field = fc.constantFrom('at', 'k', 'v', 'n', 'on', 'side', 'note', 'user', 'other', 'weir')

it('accepts nothing that full validation refuses, and reads the same values', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(field, value), { maxLength: 9 }), fc.boolean(), (pairs, complete) => {
      const fields = pairs.flat()
      if (complete) fields.push('at', '1700000000000', 'k', 'key', 'v', '5')
      const columns = fast(fields)
      if (columns === null) return
      const row = flatRow(stream, fields)
      expect(valid(row)).toEqual({ ok: true })
      for (const [name, column] of Object.entries(columns)) expect(column[0] ?? undefined).toEqual(row[name])
    }),
    { numRuns: 2000 },
  )
})

it('accepts a plain event, and leaves doubt to the slow way', () => {
  const plain = ['at', '1700000000000', 'k', 'a', 'v', '2.5', 'side', 'buy']
  expect(fast(plain)).toMatchObject({ k: ['a'], v: [2.5], side: ['buy'], n: [null] })
  expect(fast(['k', 'a', 'v', '1'])).toBeNull()
  expect(fast([...plain, 'extra', '1'])).toBeNull()
  expect(fast(['at', '1700000000', 'k', 'a', 'v', '1'])).toBeNull()
})
