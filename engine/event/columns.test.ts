import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readColumns as readText } from './columns.ts'
import type { Columns } from './entry.ts'
import { Texts } from './texts.ts'

/** In the middle of other texts, as it comes. */
function readColumns(json: string): Columns | null {
  return readText(Texts.of(['cols', json, '1']), 1)
}

/** What JSON.parse makes of it; undefined where it refuses. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

/** Bit for bit, -0 included: nothing, or what JSON.parse says. */
function agrees(json: string): boolean {
  const read = readColumns(json)
  return read === null || isDeepStrictEqual(read, parsed(json))
}

/** Decimals as people and machines write them: of every length, with exponents, with zeros in front. */
const decimal = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.stringMatching(/^(0|[1-9]\d{0,18})$/),
    fc.oneof(fc.constant(''), fc.stringMatching(/^\.\d{1,18}$/)),
    fc.oneof({ weight: 4, arbitrary: fc.constant('') }, fc.stringMatching(/^[eE][+-]?\d{1,3}$/)),
  )
  .map((parts) => parts.join(''))
const number = fc.oneof(
  decimal,
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.nat().map(String),
)
const anything = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.json(),
  fc.constantFrom('null', 'true', '__proto__'),
)
const column = fc.oneof(
  fc.array(number),
  fc.array(fc.string().map((text) => JSON.stringify(text))),
  fc.array(anything.map((text) => JSON.stringify(text))),
  fc.array(fc.oneof(number, fc.constantFrom('null', 'true', '01', '1.', '-', '.5', '1e', '+1', '1e999'))),
)
const columns = fc
  .array(fc.tuple(fc.oneof(fc.constantFrom('a', 'b', '1', '__proto__', ''), fc.string()), column), {
    maxLength: 4,
  })
  .map(
    (list) => `{${list.map(([name, values]) => `${JSON.stringify(name)}:[${values.join(',')}]`).join(',')}}`,
  )

test('what it reads is what JSON.parse reads, bit for bit', () => {
  fc.assert(
    fc.property(columns, (json) => {
      expect(agrees(json), json).toBe(true)
    }),
    { numRuns: 1000 },
  )
})

test('a text with a character changed, lost or put in is read like JSON.parse, or not at all', () => {
  const change = fc.tuple(
    fc.nat(),
    fc.nat(1),
    fc.constantFrom('', '"', '\\', ',', ']', '}', '0', '-', '.', 'e', ' ', '\0', 'é'),
  )
  fc.assert(
    fc.property(columns, change, (json, [where, cut, put]) => {
      const i = where % (json.length + 1)
      const changed = json.slice(0, i) + put + json.slice(i + cut)
      expect(agrees(changed), changed).toBe(true)
    }),
    { numRuns: 2000 },
  )
})

test('every decimal of a column of numbers is the nearest double', () => {
  fc.assert(
    fc.property(fc.array(number, { minLength: 1 }), (list) => {
      const values = list.map(Number)
      const read = readColumns(`{"v":[${list.join(',')}]}`)
      if (values.every(Number.isFinite)) expect(isDeepStrictEqual(read, { v: values })).toBe(true)
      else expect(read).toBeNull()
    }),
    { numRuns: 1000 },
  )
})

test('what producers write is read here; what is not plain is left to JSON.parse', () => {
  const json = JSON.stringify({ at: [1764000000000, 1764000000001], k: ['a', 'k12'], v: [-1.25, 0.1 + 0.2] })
  expect(readColumns(json)).toEqual(JSON.parse(json))
  for (const other of [
    '',
    '[]',
    '{}',
    '{"a":[]}',
    '{"a":[null]}',
    '{"a":["é"]}',
    '{"a": [1]}',
    '{"a":["\\n"]}',
    '{"a":[1]}x',
  ])
    expect(readColumns(other), other).toBeNull()
  expect(readColumns(`{"a":[${'1,'.repeat(3000)}1]}`)).toBeNull()
  expect(readColumns(`{"a":["${'x'.repeat(300_000)}"]}`)).toBeNull()
})

test('texts of the same hash slot do not stand for each other', () => {
  const many = Array.from({ length: 2000 }, (_, i) => `key-${i * 7919}`)
  for (let round = 0; round < 40; round++) {
    const some = many.map((text) => `${text}-${round % 3}`)
    expect(readColumns(JSON.stringify({ k: some }))).toEqual({ k: some })
  }
})
