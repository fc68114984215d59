import { describe, expect, test } from 'vitest'
import { NEVER, firstDue, jitter, nextDue } from './plan.ts'
import { skipLimit } from './skip-limit.ts'

describe('intervals', () => {
  const every = { interval: 60_000 }
  test('the first run is spread, but soon', () => {
    expect(firstDue(every, 1000, 0)).toBe(1000)
    expect(firstDue(every, 1000, 0.999)).toBeLessThanOrEqual(9000)
    expect(firstDue({ interval: 500 }, 0, 0.999)).toBeLessThan(500)
  })
  test('later runs stay on the grid', () => {
    expect(nextDue(every, 1000, 2500)).toEqual({ due: 61_000, missed: 0 })
    expect(nextDue(every, 1000, 61_000)).toEqual({ due: 121_000, missed: 1 })
    expect(nextDue(every, 1000, 200_000)).toEqual({ due: 241_000, missed: 3 })
  })
  test('a clock that is set back delays nothing by more than an interval', () => {
    expect(nextDue(every, 7_200_000, 1000)).toEqual({ due: 61_000, missed: 0 })
  })
  test('jitter is a small share', () => {
    expect(jitter(every, 0.999)).toBeLessThanOrEqual(2000)
    expect(jitter({ interval: 1000 }, 0.999)).toBeLessThan(50)
  })
})

describe('cron', () => {
  const every = { cron: '0 7 * * 1-5', timeZone: 'Europe/Berlin' }
  test('runs at its local time, over a change of clocks too', () => {
    // Friday 2026-03-27, before summer time; the next run is Monday in summer time.
    expect(nextDue(every, 0, Date.parse('2026-03-27T06:00:00Z')).due).toBe(Date.parse('2026-03-30T05:00:00Z'))
    expect(firstDue(every, Date.parse('2026-01-05T05:59:59Z'), 0.5)).toBe(Date.parse('2026-01-05T06:00:00Z'))
  })
  test('a clock that is set back brings the hours back', () => {
    const seven = Date.parse('2026-01-06T06:00:00Z')
    expect(nextDue(every, seven, seven - 7_200_000).due).toBe(seven)
    expect(nextDue(every, seven, seven - 5).due).toBe(seven + 86_400_000)
  })
  test('the hour that a change of clocks leaves out is made up for at its end, and the one it repeats is run once', () => {
    const night = { cron: '30 2 * * *', timeZone: 'Europe/Berlin' }
    const runs = (from: string) => {
      let at = Date.parse(from)
      return [0, 1, 2].map(() => new Date((at = firstDue(night, at, 0))).toISOString().slice(8, 16))
    }
    expect(runs('2026-03-27T12:00:00Z')).toEqual(['28T01:30', '29T01:00', '30T00:30'])
    expect(runs('2026-10-23T12:00:00Z')).toEqual(['24T00:30', '25T00:30', '26T01:30'])
  })
  test('a day that never comes is never', () => {
    expect(firstDue({ cron: '0 0 30 2 *', timeZone: 'UTC' }, 0, 0)).toBe(NEVER)
  })
})

test('skipped runs are told once a minute, runs always', () => {
  const limit = skipLimit()
  const told = [0, 1000, 59_000, 60_000].map((now) => limit.tells('a', true, now))
  expect(told).toEqual([true, false, false, true])
  expect(limit.tells('b', true, 0)).toBe(true)
  expect(limit.tells('a', false, 61_000)).toBe(true)
  expect(limit.tells('a', true, 62_000)).toBe(true)
  expect(limit.untold).toBe(2)
})
