/** The past before the world went live, as NDJSON lines per stream, each stream in order of time. */
import { COINS } from './coin.ts'
import type { Deal } from './deal.ts'
import { INTERVAL, markets } from './exchange.ts'
import { requests } from './traffic.ts'
import { findings, PACE, visits } from './visits.ts'

export interface Line {
  stream: 'runs' | 'fields' | 'trades' | 'requests'
  json: string
}

/** All events with from <= at < to, stream after stream; `day` is the present. */
export function* history(deal: Deal, from: number, to: number, day: number, port: number): Generator<Line> {
  for (const trade of trades(deal, from, to)) yield { stream: 'trades', json: JSON.stringify(trade) }
  for (const request of requests(deal, from, to, day)) {
    yield { stream: 'requests', json: JSON.stringify(request) }
  }
  for (const visit of visits(deal, from, to, day, port)) yield { stream: 'runs', json: JSON.stringify(visit) }
  for (const finding of findings(deal, from, to, day, port)) {
    yield { stream: 'fields', json: JSON.stringify(finding) }
  }
}

/** About how many events that will be: for progress only. */
export function estimate(hours: number): number {
  const trades = (hours * 3_600_000 * COINS.length) / INTERVAL
  const traffic = 3600 * (Math.min(hours, 1) * 4 + Math.min(2, Math.max(0, hours - 1)) * 2.25)
  const night = 3600 * Math.max(0, hours - 3) * 0.5
  const minutes = (hours * 3_600_000) / PACE
  const runs = minutes * 10
  const found = minutes * 8 * 2
  return Math.round(trades + traffic + night + runs + found)
}

function* trades(deal: Deal, from: number, to: number): Generator<object> {
  for (let end = Math.ceil(from / INTERVAL) * INTERVAL; end < to; end += INTERVAL) {
    // The past knows of no surge.
    for (const { market, last, volume } of markets(deal, end, Infinity)) {
      yield { at: end, pair: market, price: last, volume }
    }
  }
}
