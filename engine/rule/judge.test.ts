import fc from 'fast-check'
import { expect, test } from 'vitest'
import { judgeNoData, judgeSpike, judgeThreshold } from './judge.ts'
import { spike, threshold, noData } from './rule.fixture.ts'

const above = threshold({ above: 10, clear: 5, minSamples: 3 })
const below = threshold({ above: null, below: 10, clear: 15, minSamples: 3 })

test.each([
  [above, 10, 3, false, 'ok'],
  [above, 10.1, 3, false, 'firing'],
  [above, 10.1, 2, false, 'unknown'],
  [above, 10.1, 2, true, 'unknown'],
  [above, 6, 3, false, 'ok'],
  [above, 6, 3, true, 'firing'],
  [above, 5, 3, true, 'ok'],
  [above, null, 0, true, 'unknown'],
  [below, 10, 3, false, 'ok'],
  [below, 9.9, 3, false, 'firing'],
  [below, 12, 3, true, 'firing'],
  [below, 15, 3, true, 'ok'],
  [threshold({ above: 0 }), 0, 1, true, 'ok'],
  [threshold({ above: 0 }), 1, Number.POSITIVE_INFINITY, false, 'firing'],
] as const)('threshold %o: %s of %s samples, fired %s, is %4$s', (rule, value, samples, fired, verdict) => {
  const judged = judgeThreshold(rule, value, samples, fired)
  expect(judged.verdict).toBe(verdict)
  expect(judged).toMatchObject({ value, normal: rule.above ?? rule.below })
  expect(judged.reason.length).toBeGreaterThan(5)
})

const peak = spike({ times: 3, minSamples: 10, floor: 50 })

test.each([
  [300, 100, 10, 'ok'],
  [301, 100, 10, 'firing'],
  [301, 100, 9, 'unknown'],
  [301, null, 0, 'unknown'],
  [null, 100, 10, 'unknown'],
  [49, 1, 10, 'ok'],
  [50, 1, 10, 'firing'],
] as const)(
  'a value of %s against an average of %s over %s samples is %s',
  (value, average, samples, verdict) => {
    expect(judgeSpike(peak, value, average, samples)).toMatchObject({ verdict, value, normal: average })
  },
)

const NOW = 1_700_000_000_000
const quiet = noData({ for: 60_000 })

test.each([
  ['events arrive', NOW - 59_999, NOW - 86_400_000, 'ok'],
  ['silent for as long as allowed', NOW - 60_000, NOW - 86_400_000, 'firing'],
  ['history just loaded', NOW - 86_400_000, NOW - 59_999, 'unknown'],
  ['never an event, just watched', 0, NOW - 59_999, 'unknown'],
  ['never an event, watched long enough', 0, NOW - 60_000, 'firing'],
  ['an event ahead of time', NOW + 5000, NOW - 86_400_000, 'ok'],
])('no data: %s', (_, lastAt, watchedSince, verdict) => {
  const judged = judgeNoData(quiet, NOW, lastAt, watchedSince)
  expect(judged.verdict).toBe(verdict)
  expect(judged.value).toBeGreaterThanOrEqual(0)
  expect(judged.value).toBeLessThanOrEqual(86_400_000)
})

test('without a value no rule ever says ok or firing', () => {
  fc.assert(
    fc.property(fc.double(), fc.double(), fc.nat(), fc.boolean(), (limit, clear, samples, fired) => {
      expect(judgeThreshold(threshold({ above: limit, clear }), null, samples, fired).verdict).toBe('unknown')
      expect(judgeSpike(peak, null, limit, samples).verdict).toBe('unknown')
      expect(judgeSpike(peak, limit, null, samples).verdict).toBe('unknown')
    }),
    { numRuns: 50 },
  )
})
