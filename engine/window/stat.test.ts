import { expect, test } from 'vitest'
import type { Stat } from '../config/compiled.ts'
import { knownWhenEmpty, statOf } from './stat.ts'

/** count, total, sum, min, max, m2. */
const cell = [4, 8, 20, 2, 9, 36]
const empty = [0, 0, 0, Infinity, -Infinity, 0]
/** Two values of 1.7e308 and the like: sums beyond a double, differences of infinities. */
const overflown = [2, 2, Infinity, 1e308, 1.7e308, Number.NaN]

test.each([
  ['count', 4, 0, 2],
  ['rate', 0.4, 0, 0.2],
  ['sum', 20, 0, null],
  ['mean', 5, null, null],
  ['min', 2, null, 1e308],
  ['max', 9, null, 1.7e308],
  ['stddev', 3, null, null],
  ['ratio', 0.5, null, 1],
] as [Stat, number, number | null, number | null][])(
  '%s of four samples, of none, and of sums that overflow',
  (stat, full, none, beyond) => {
    expect(statOf(stat, cell, 0, 10_000)).toBe(full)
    expect(statOf(stat, empty, 0, 10_000)).toBe(none)
    expect(statOf(stat, overflown, 0, 10_000)).toBe(beyond)
    expect(knownWhenEmpty(stat)).toBe(none === 0)
  },
)

test('a ratio of events of which none matched is zero, not unknown', () => {
  expect(statOf('ratio', [0, 5, 0, 0, 0, 0], 0, 1)).toBe(0)
})
