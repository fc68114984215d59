import { expect, test } from 'vitest'
import { WeirError } from '../error.ts'
import { trade, tradesStream } from './trades.fixture.ts'
import { compileValidator, keyOf } from './validate.ts'

const validate = compileValidator(tradesStream())
const reason = (row: unknown, check = validate): string => {
  const verdict = check(row)
  return verdict.ok ? 'ok' : verdict.reason
}

test('good rows pass, with optional and envelope fields', () => {
  expect(reason(trade())).toBe('ok')
  expect(
    reason(trade({ side: 'buy', tags: ['a'], user: 'u1', trace: 't', instance: 'i', region: 'eu' })),
  ).toBe('ok')
  expect(reason(trade({ note: undefined }))).toBe('ok')
})

test.each([
  ['not an object', 7, 'expected a JSON object, found number 7'],
  ['a list', [1], 'expected a JSON object, found an array of 1'],
  ['a wrong type', trade({ volume: 'a lot' }), 'field "volume": expected number, found string "a lot"'],
  ['out of range', trade({ volume: -1 }), 'field "volume": expected a number >= 0, found number -1'],
  [
    'not in the enum',
    trade({ side: 'both' }),
    'field "side": expected one of "buy", "sell", found string "both"',
  ],
  ['null', trade({ note: null }), 'field "note": expected string, found null (leave an absent field out)'],
  ['in a list', trade({ tags: ['a', 1] }), 'field "tags.1": expected string, found number 1'],
  ['missing', { at: 1_700_000_000_000, volume: 1 }, 'field "pair" is missing'],
  [
    'a typo of a required field',
    { at: 1_700_000_000_000, pair: 'x', volumee: 1 },
    'field "volume" is missing (is it "volumee"?)',
  ],
  ['a typo', trade({ sied: 'buy' }), 'unknown field "sied" (did you mean "side"?)'],
  ['unknown', trade({ completely: 1 }), 'unknown field "completely"'],
  ['the reserved field', trade({ weir: 1 }), 'field "weir" is reserved: rename it'],
  [
    'a long envelope field',
    trade({ user: 'u'.repeat(201) }),
    /^field "user": expected at most 200 characters/,
  ],
  ['an empty key', trade({ pair: '' }), 'field "pair" (the key) is empty'],
  [
    'a long key',
    trade({ pair: 'k'.repeat(2049) }),
    'field "pair" (the key): 2049 characters, at most 2048 allowed',
  ],
  ['a long text', trade({ note: 'n'.repeat(8193) }), 'field "note": 8193 characters, at most 8192 allowed'],
  [
    '__proto__',
    JSON.parse('{"at":1700000000000,"pair":"x","volume":1,"__proto__":1}'),
    /unknown field "__proto__"/,
  ],
  ['infinite', trade({ volume: Infinity }), /^field "volume": expected/],
])('refuses what is %s', (_, row, expected) => {
  expect(reason(row)).toMatch(typeof expected === 'string' ? new RegExp(`^${escape(expected)}$`) : expected)
})

test.each([
  [1_700_000_000, 'looks like seconds'],
  [1_700_000_000_000_000, 'looks like microseconds'],
  [1.7e18, 'looks like nanoseconds'],
  [5, 'expected milliseconds since 1970, found 5'],
  [-1, 'expected milliseconds since 1970, found -1'],
])('a time of %d is refused', (at, expected) => {
  expect(reason(trade({ at }))).toContain(expected)
})

test('a stream may allow unknown fields; they are bounded all the same', () => {
  const base = tradesStream()
  const open = compileValidator({ ...base, schema: { ...base.schema, additionalProperties: true } })
  expect(reason(trade({ extra: { deep: [1, 'x'] } }), open)).toBe('ok')
  expect(reason(trade({ extra: [[[[[1]]]]] }), open)).toBe('field "extra": nested deeper than 4 levels')
  expect(reason(trade({ extra: Number.NaN }), open)).toContain('finite')
  expect(reason(trade({ extra: 1n }), open)).toBe('field "extra": a bigint is no JSON value')
  expect(reason(trade({ extra: Array(1001).fill(0) }), open)).toContain('1001 items')
  expect(reason(trade({ weir: 1 }), open)).toContain('reserved')
})

test('a longer limit declared in the schema holds', () => {
  const base = tradesStream()
  const properties = { ...base.schema.properties, note: { type: 'string', maxLength: 10_000 } }
  const long = compileValidator({ ...base, schema: { ...base.schema, properties } })
  expect(reason(trade({ note: 'n'.repeat(9000) }), long)).toBe('ok')
  expect(reason(trade({ note: 'n'.repeat(10_001) }), long)).toContain('at most 10000')
})

test('a stream without a time field needs none', () => {
  const base = tradesStream({ time: null })
  const timeless = compileValidator({ ...base, schema: { ...base.schema, required: ['pair'] } })
  expect(reason({ pair: 'x' }, timeless)).toBe('ok')
})

test('a schema that cannot be compiled is a clear error', () => {
  const base = tradesStream()
  const broken = { ...base, schema: { ...base.schema, properties: { pair: { type: 'text' } } } }
  expect(() => compileValidator(broken)).toThrow(WeirError)
})

test('the key is read also where the row is wrong otherwise', () => {
  expect(keyOf(tradesStream(), { pair: 'BTC-EUR', volume: 'no' })).toBe('BTC-EUR')
  expect(keyOf(tradesStream(), { pair: 42 })).toBe('42')
  expect(keyOf(tradesStream(), { volume: 1 })).toBeNull()
})

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
}
