/** The past of the world: in order, bounded, calm, and running into the present without a step. */
import { describe, expect, test } from 'vitest'
import { COINS } from './coin.ts'
import { dealt } from './deal.ts'
import { INTERVAL, markets, SURGE } from './exchange.ts'
import { estimate, history } from './history.ts'
import { requests } from './traffic.ts'

const HOUR = 3_600_000
const NOW = 1_790_000_000_000

interface Past {
  at: number
  scraper?: string
  right?: boolean
  responseMs?: number
}

function past(seed: number, hours: number): Record<string, Past[]> {
  const byStream: Record<string, Past[]> = {}
  for (const { stream, json } of history(dealt(seed), NOW - hours * HOUR, NOW, NOW, 7070)) {
    ;(byStream[stream] ??= []).push(JSON.parse(json) as Past)
  }
  return byStream
}

describe('the past', () => {
  const streams = past(3, 4)

  test('is in order of time, stream by stream, and ends now', () => {
    for (const events of Object.values(streams)) {
      const times = events.map(({ at }) => at)
      expect(times).toEqual(times.toSorted((a, b) => a - b))
      expect(times[0]).toBeGreaterThanOrEqual(NOW - 4 * HOUR)
      expect(times[0]).toBeLessThan(NOW - 4 * HOUR + 60_000)
      expect(times.at(-1)).toBeLessThan(NOW)
      expect(times.at(-1)).toBeGreaterThan(NOW - 60_000)
    }
  })

  test('holds visits that nearly all went well, and in the last hour all of them', () => {
    const failed = streams.runs!.filter(({ right }) => !right)
    expect(failed.length).toBeGreaterThan(0)
    expect(failed.length).toBeLessThan(streams.runs!.length / 100)
    expect(Math.max(...failed.map(({ at }) => at))).toBeLessThan(NOW - HOUR)
    expect(new Set(streams.runs!.map(({ scraper }) => scraper)).size).toBe(10)
    expect(Math.max(...streams.runs!.map(({ responseMs }) => responseMs!))).toBeLessThan(500)
  })

  test('is the same for the same seed and another for another', () => {
    expect(past(3, 1)).toEqual(past(3, 1))
    expect(past(4, 1).trades).not.toEqual(past(3, 1).trades)
  })

  test('of 25 hours is at most 170,000 events, about as many as estimated', () => {
    const n = [...history(dealt(1), NOW - 25 * HOUR, NOW, NOW, 7070)].length
    expect(n).toBeLessThan(170_000)
    expect(Math.abs(n / estimate(25) - 1)).toBeLessThan(0.02)
  }, 20_000)
})

describe('the exchange', () => {
  test('surges for one coin only, to four times its last hour', () => {
    const deal = dealt(9)
    const start = NOW - (NOW % INTERVAL)
    for (const [i, coin] of COINS.entries()) {
      const volumes = (from: number, to: number, live: number): number[] => {
        const found: number[] = []
        for (let end = from + INTERVAL; end <= to; end += INTERVAL)
          found.push(markets(deal, end, live)[i]!.volume)
        return found
      }
      const hour = mean(volumes(start - HOUR, start, Infinity))
      const minute = mean(volumes(start + 60_000, start + 120_000, start))
      const usual = coin === deal.surge.coin ? SURGE : 1
      expect(Math.abs(minute / hour / usual - 1)).toBeLessThan(0.12)
    }
  })
})

test('the traffic is steady over the last hour and into live, and its p95 is below 300 ms', () => {
  const seen = [...requests(dealt(2), NOW - HOUR, NOW + HOUR, NOW)]
  expect(seen.length / 7200).toBeGreaterThan(3.5)
  expect(seen.length / 7200).toBeLessThan(5)
  for (const endpoint of new Set(seen.map((request) => request.endpoint))) {
    const ms = seen.filter((request) => request.endpoint === endpoint).map((request) => request.ms)
    expect(ms.toSorted((a, b) => a - b)[Math.floor(ms.length * 0.95)]).toBeLessThan(330)
  }
  const all = seen.map((request) => request.ms).toSorted((a, b) => a - b)
  expect(all[Math.floor(all.length * 0.95)]).toBeLessThan(250)
})

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
