import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatDuration, parseDuration } from './duration.ts'

test.each([
  ['500ms', 500],
  ['1.5s', 1500],
  ['90s', 90_000],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['7d', 604_800_000],
  ['0s', 0],
])('%s', (text, ms) => expect(parseDuration(text)).toBe(ms))

test.each(['', '5', 'm', '5 m', '-5m', '1e3s', '5M', '5min', '0.5ms', 5, null, '9999999999d'])(
  '%o is none',
  (text) => expect(parseDuration(text)).toBeNull(),
)

test('what is written is read back', () => {
  const whole = fc.integer({ min: 0, max: 1e9 - 1 })
  fc.assert(fc.property(whole, (ms) => parseDuration(formatDuration(ms)) === ms))
  expect([0, 10, 90_000, 3_600_000, 86_400_000].map(formatDuration)).toEqual([
    '0ms',
    '10ms',
    '90s',
    '1h',
    '1d',
  ])
})
