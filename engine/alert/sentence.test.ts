import { expect, test } from 'vitest'
import type { CompiledMetric, CompiledRule } from '../config/compiled.ts'
import { testConfig } from '../fold.fixture.ts'
import { noData, spike, threshold } from '../rule/rule.fixture.ts'
import type { VerdictChange } from '../rule/verdict.ts'
import { readableDuration, readableNumber, readableValue } from './readable.ts'
import { causeOf, readableName, sentence } from './sentence.ts'

const metric: CompiledMetric = { ...testConfig('live').metrics[0]!, title: 'price', unit: 'EUR' }

function say(
  rule: CompiledRule,
  change: Partial<VerdictChange>,
  sample: Record<string, unknown> | null = null,
): string {
  const whole = { group: '["north-bank"]', value: null, normal: null, ...change } as VerdictChange
  return sentence({ rule, metric, change: whole }, sample)
}

test.each([
  [
    threshold(),
    { value: 1234.5, normal: 100 },
    'North Bank: price average is 1,235 EUR over 1m, above 100 EUR.',
  ],
  [
    threshold({ above: null, below: 5 }),
    { value: 1, normal: 5 },
    'North Bank: price average is 1 EUR over 1m, below 5 EUR.',
  ],
  [
    threshold({ stat: 'ratio' }),
    { value: 0.875, normal: 0.9 },
    'North Bank: price ratio is 87.5 % over 1m, above 90 %.',
  ],
  [
    spike(),
    { value: 31, normal: 10 },
    'North Bank: price is 31 EUR, 3.1 times its average of 10 EUR over the last 1 h.',
  ],
  [
    spike(),
    { value: 31, normal: 0 },
    'North Bank: price is 31 EUR, ? times its average of 0 EUR over the last 1 h.',
  ],
  [noData(), { value: 600_000, normal: 600_000 }, 'North Bank: price: nothing for 10 min.'],
  [
    threshold(),
    { value: null, normal: null },
    'North Bank: price average is unknown over 1m, above unknown.',
  ],
])('%#: %3$s', (rule, change, expected) => {
  expect(say(rule, change)).toBe(expected)
})

test('placeholders: group, value, normal, fields of the newest event; what is not known stays readable', () => {
  const rule = threshold({ says: '{k} is {value}, limit {limit}: {detail} {missing} {tags} {none}' })
  const sample = { detail: 'selector matched nothing', tags: ['a', 'b'], none: [] }
  expect(say(rule, { value: 7, normal: 5 }, sample)).toBe(
    'North Bank is 7 EUR, limit 5 EUR: selector matched nothing missing a, b nothing',
  )
  expect(say(noData({ says: '{k} silent for {value} of {limit}' }), { value: 90_000 })).toBe(
    'North Bank silent for 90 s of 10 min',
  )
})

test('text of a site is never read as a placeholder or a pattern, and is cut', () => {
  const rule = threshold({ says: 'saw {detail}.' })
  for (const detail of ['{value} {limit}', '$& $1 $$ $`', '<b>{k}</b>', '{detail}'])
    expect(say(rule, { value: 1 }, { detail })).toBe(`saw ${detail}.`)
  expect(say(rule, {}, { detail: 'x'.repeat(5000) })).toHaveLength(300)
  expect(causeOf({ detail: 'x'.repeat(5000) })).toHaveLength(300)
})

test('names that every object has are no fields', () => {
  const rule = threshold({ says: '{constructor} {toString} {__proto__}' })
  expect(say(rule, {}, {})).toBe('constructor toString __proto__')
})

test('the cause is the detail, else the reason, of the newest event', () => {
  expect(causeOf({ detail: 'd', reason: 'r' })).toBe('d')
  expect(causeOf({ detail: '', reason: 'r' })).toBeNull()
  expect(causeOf({ reason: 'r' })).toBe('r')
  expect(causeOf({ detail: { toString: null } })).toBeNull()
  expect(causeOf(null)).toBeNull()
})

test.each([
  ['north-bank', 'North Bank'],
  ['a_b', 'A B'],
  ['bank', 'Bank'],
  ['BTC-EUR', 'BTC-EUR'],
  ['example.com', 'example.com'],
  ['-x', '-x'],
  ['', ''],
])('the name %s reads as %s', (value, name) => {
  expect(readableName(value)).toBe(name)
})

test.each([
  [0, '0'],
  [-0.5, '-0.5'],
  [0.001234, '0.00123'],
  [1e-7, '1e-7'],
  [99.96, '100'],
  [123.4, '123'],
  [999.9, '1000'],
  [1000, '1,000'],
  [-1234567.8, '-1,234,568'],
])('%s reads as %s', (value, text) => {
  expect(readableNumber(value)).toBe(text)
})

test.each([
  [null, 'mean', 'EUR', 'unknown'],
  [0.9, 'ratio', '', '90 %'],
  [5, 'count', 'EUR', '5'],
  [2.5, 'rate', 'EUR', '2.5/s'],
  [2.5, 'mean', 'EUR', '2.5 EUR'],
  [2.5, 'p95', '', '2.5'],
] as const)('%s as %s in %s reads as %s', (value, stat, unit, text) => {
  expect(readableValue(value, stat, unit)).toBe(text)
})

test.each([
  [0, '0 s'],
  [90_000, '90 s'],
  [119_000, '119 s'],
  [120_000, '2 min'],
  [3_600_000, '1 h'],
  [5_400_000, '90 min'],
  [7_200_000, '2 h'],
  [47 * 3_600_000, '47 h'],
  [48 * 3_600_000, '2 d'],
])('%s ms reads as %s', (ms, text) => {
  expect(readableDuration(ms)).toBe(text)
})
