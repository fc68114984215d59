import { describe, expect, test } from 'vitest'
import { NEVER, dueAfter, firstDue, jitter, latestDue, nextDue, passed } from './plan.ts'

describe('intervals', () => {
  const every = { interval: 60_000 }
  test('the first run is spread, but soon; with many scrapers over more', () => {
    expect(firstDue(every, 1000, 0)).toBe(1000)
    expect(firstDue(every, 1000, 0.999)).toBeLessThanOrEqual(9000)
    expect(firstDue({ interval: 500 }, 0, 0.999)).toBeLessThan(500)
    expect(firstDue(every, 0, 0.5, 5000)).toBe(30_000)
  })
  test('later runs stay on the grid, and what was slept through is counted', () => {
    expect(nextDue(every, 1000, 2500)).toBe(61_000)
    expect(nextDue(every, 1000, 61_000)).toBe(121_000)
    expect(passed(every, 1000, 60_999)).toEqual({ count: 0, newest: 1000 })
    expect(passed(every, 1000, 200_000)).toEqual({ count: 3, newest: 181_000 })
    expect(dueAfter(every, 1000, 2)).toBe(121_000)
  })
  test('a clock that is set back delays nothing by more than an interval', () => {
    expect(nextDue(every, 7_200_000, 1000)).toBe(61_000)
    expect(nextDue(every, 31_000, 1000)).toBe(61_000)
    expect(passed(every, 7_200_000, 1000)).toEqual({ count: 0, newest: 7_200_000 })
  })
  test('no due time is further ahead than the latest that can be meant', () => {
    expect(nextDue(every, 1000, 1000)).toBeLessThan(latestDue(every, 1000))
    expect(latestDue(every, 1000)).toBeLessThan(70_000)
  })
  test('jitter is a small share, or what the author wants', () => {
    expect(jitter(every, 0.999)).toBeLessThanOrEqual(2000)
    expect(jitter({ interval: 1000 }, 0.999)).toBeLessThan(50)
    expect(jitter({ ...every, jitter: 20_000 }, 0.5)).toBe(10_000)
    expect(jitter({ ...every, jitter: 0 }, 0.5)).toBe(0)
  })
})

describe('cron', () => {
  const every = { cron: '0 7 * * 1-5', timeZone: 'Europe/Berlin' }
  test('runs at its local time, over a change of clocks too', () => {
    // Friday 2026-03-27, before summer time; the next run is Monday in summer time.
    expect(nextDue(every, 0, Date.parse('2026-03-27T06:00:00Z'))).toBe(Date.parse('2026-03-30T05:00:00Z'))
    expect(firstDue(every, Date.parse('2026-01-05T05:59:59Z'), 0.5)).toBe(Date.parse('2026-01-05T06:00:00Z'))
  })
  test('what was slept through is counted, however long', () => {
    const friday = Date.parse('2026-03-27T06:00:00Z')
    const tuesday = Date.parse('2026-03-31T05:00:00Z')
    expect(passed(every, friday, friday + 1000)).toEqual({ count: 0, newest: friday })
    expect(passed(every, friday, tuesday)).toEqual({ count: 2, newest: tuesday })
    expect(dueAfter(every, friday, 2)).toBe(tuesday)
    const often = { cron: '* * * * * *', timeZone: 'UTC' }
    expect(passed(often, friday, friday + 5_000_000)).toEqual({ count: 1000, newest: friday + 5_000_000 })
  })
  test('a clock that is set back brings the hours back', () => {
    const seven = Date.parse('2026-01-06T06:00:00Z')
    expect(nextDue(every, seven, seven - 7_200_000)).toBe(seven)
    expect(nextDue(every, seven, seven - 5)).toBe(seven + 86_400_000)
    expect(latestDue(every, seven - 7_200_000)).toBe(seven)
    expect(latestDue(every, seven - 5)).toBe(seven + 86_400_000)
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
