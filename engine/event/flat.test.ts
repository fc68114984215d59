import { expect, test } from 'vitest'
import type { CompiledStream } from '../config/compiled.ts'
import { compileColumnCheck, rowOf } from './column-check.ts'
import { flatRow } from './flat.ts'

const stream = {
  schema: {
    type: 'object',
    properties: {
      at: { type: 'number' },
      k: { type: 'string' },
      n: { type: 'integer' },
      good: { type: 'boolean' },
      tags: { type: 'array' },
      kind: { enum: ['a', 'b'] },
    },
    required: ['at', 'k'],
  },
} as unknown as CompiledStream

const one = (name: string, text: string): unknown => flatRow(stream, [name, text])[name]

test.each([
  ['at', '5', 5],
  ['at', '-1.5e3', -1500],
  ['at', '0x10', 16],
  ['at', '', ''],
  ['at', ' ', ' '],
  ['at', '1e999', '1e999'],
  ['at', 'NaN', 'NaN'],
  ['at', 'five', 'five'],
  ['n', '7', 7],
  ['good', 'true', true],
  ['good', '1', true],
  ['good', 'false', false],
  ['good', '0', false],
  ['good', 'yes', 'yes'],
  ['tags', '["a","b"]', ['a', 'b']],
  ['tags', '{"a":1}', '{"a":1}'],
  ['tags', 'a,b', 'a,b'],
  ['k', '5', '5'],
  ['kind', 'a', 'a'],
  ['undeclared', '5', '5'],
])('flat %s=%s reads as %j', (name, text, value) => {
  expect(one(name, text)).toEqual(value)
})

test('the last of two fields with one name wins, a name without a value is none, names are only names', () => {
  expect(flatRow(stream, ['k', 'a', 'k', 'b', 'at'])).toEqual({ k: 'b' })
  const row = flatRow(stream, ['__proto__', 'x', 'constructor', 'y'])
  expect(Object.keys(row)).toEqual(['__proto__', 'constructor'])
  expect(Object.getPrototypeOf(row)).toBe(Object.prototype)
})

const fits = compileColumnCheck(stream)
const columns = { at: [1, 2], k: ['a', 'b'], n: [1, null], good: [true, null], tags: [['x'], null] }

test('a batch of the declared types fits, and null only where a field is optional', () => {
  expect(fits(columns)).toBe(true)
  expect(fits({ at: [1], k: ['a'] })).toBe(true)
  expect(fits({ at: [1], k: [null] })).toBe(false)
  expect(fits({ at: [1] })).toBe(false)
})

test.each([
  ['at', '2'],
  ['at', Number.POSITIVE_INFINITY],
  ['at', null],
  ['k', 5],
  ['n', 1.5],
  ['good', 'true'],
  ['tags', 'x'],
  ['tags', [{ toString: null }]],
  ['region', { toString: null }],
  ['user', 5],
])('a batch with one %s of %j takes the slow path', (name, value) => {
  expect(
    fits({ ...columns, [name]: [(columns as Record<string, unknown[]>)[name]?.[0] ?? 'x', value] }),
  ).toBe(false)
})

test('a row of a batch has no absent fields, and a field named __proto__ is a field', () => {
  expect(rowOf({ a: [1, null], b: ['x', 'y'] }, 1)).toEqual({ b: 'y' })
  const row = rowOf(JSON.parse('{"__proto__":[{"polluted":true}]}') as Record<string, unknown[]>, 0)
  expect(row['polluted']).toBeUndefined()
})
