import { describe, expect, test } from 'vitest'
import { joined, quantity, target, unitOf } from './quantity.ts'

const say = (...args: Parameters<typeof quantity>) => joined(quantity(...args))

describe('ratios', () => {
  test.for([
    [1, '100%'],
    [0, '0%'],
    [0.5, '50%'],
    [0.97345, '97.3%'],
    [0.99425, '99.42%'],
    [0.9999, '99.99%'],
    [0.99996, '99.996%'],
    [0.9999999, '99.999%'],
    [0.0421, '4.21%'],
    [1.25, '125%'],
  ] as const)('%s reads %s', ([value, text]) => {
    expect(say(value, 'ratio', '%')).toBe(text)
  })
  test('less than all is never said as 100%', () => {
    for (let short = 1e-9; short < 0.01; short *= 1.7) expect(say(1 - short, 'ratio', '%')).not.toBe('100%')
  })
})

describe('quantities', () => {
  test.for([
    [412, '', '412'],
    [9999, '', '9,999'],
    [12_345, '', '12.3 k'],
    [12_345_678, '', '12.3 M'],
    [999_999_999, '', '1.00 B'],
    [4.2, '', '4.20'],
    [42.42, '', '42.4'],
    [0.0042, '', '0.0042'],
    [-3, '', '−3'],
    [-0, '', '0'],
    [842.4, 'ms', '842 ms'],
    [1240, 'ms', '1,240 ms'],
    [12_400, 'ms', '12.4 s'],
    [0.42, 's', '420 ms'],
    [300, 's', '5.0 min'],
    [10_800, 's', '3.0 h'],
    [1536, 'B', '1.54 kB'],
    [12.5, '€', '€12.5'],
    [-12_500, '€', '−€12.5 k'],
    [12_345_678, 'orders', '12.3 M orders'],
    [99.5, '%', '99.5%'],
    [1e18, '', '1.0e18'],
  ] as const)('%s in %s reads %s', ([value, unit, text]) => {
    expect(say(value, 'mean', unit)).toBe(text)
  })
  test.for([null, undefined, Number.NaN, Infinity])('%s is a dash', (value) => {
    expect(quantity(value, 'mean', 'ms')).toEqual({ value: '–', unit: '' })
  })
  test('eight digits need no more room than four', () => {
    for (let value = 1; value < 1e14; value *= 3.7)
      expect(quantity(value, 'sum', '').value.length).toBeLessThan(6)
  })
})

test('a target has the digits somebody wrote', () => {
  expect(target(0.995, 'ratio', '%')).toBe('99.5%')
  expect(target(0.9, 'ratio', '%')).toBe('90%')
  expect(target(1500, 'p95', 'ms')).toBe('1,500 ms')
  expect(target(10, 'mean', '€')).toBe('€10')
})

test('a count of events is not in the unit of the field', () => {
  const latency = { of: 'ms', unit: 'ms' }
  expect(unitOf(latency, 'p95')).toBe('ms')
  expect(unitOf(latency, 'count')).toBe('')
  expect(unitOf(latency, 'rate')).toBe('/s')
  expect(unitOf({ of: null, unit: 'orders' }, 'count')).toBe('orders')
  expect(unitOf({ of: null, unit: 'orders' }, 'rate')).toBe('orders/s')
  expect(unitOf(latency, 'ratio')).toBe('%')
  expect(unitOf(undefined, 'mean')).toBe('')
})
