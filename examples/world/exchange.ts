/** The coin exchange: what was traded in each ten seconds, as a ticker over JSON. */
import { COINS, type Coin, USUAL } from './coin.ts'
import type { Deal } from './deal.ts'
import { between } from './random.ts'

/** One line of the ticker covers this long, ms. */
export const INTERVAL = 10_000
/** A surge is this many times the hourly average. */
export const SURGE = 4

export interface Market {
  market: Coin
  last: number
  volume: number
}

/** All markets over the interval that ends at `end` (a multiple of INTERVAL); `live` is when the world went live. */
export function markets(deal: Deal, end: number, live: number): Market[] {
  return COINS.map((coin) => {
    const { price, volume } = USUAL[coin]
    const { draw, surge } = deal
    const surging = coin === surge.coin && end - INTERVAL >= live + surge.after
    // Slow swells and small noise: the last hour is always a fair picture of the next minute.
    const swell = 1 + 0.12 * Math.sin(end / 7_200_000 + 6 * draw(coin, 'phase'))
    const noise = between(draw(coin, 'volume', end), 0.9, 1.1)
    const drift = 1 + 0.01 * Math.sin(end / 3_000_000 + 6 * draw(coin, 'drift'))
    return {
      market: coin,
      last: rounded(price * drift * between(draw(coin, 'price', end), 0.999, 1.001)),
      volume: rounded(volume * swell * noise * (surging ? SURGE : 1)),
    }
  })
}

/** What the API answers at `now`: the last interval that is over. */
export function ticker(deal: Deal, now: number, live: number): object {
  const end = now - (now % INTERVAL)
  return {
    asOf: new Date(end).toISOString(),
    intervalSeconds: INTERVAL / 1000,
    markets: markets(deal, end, live),
  }
}

function rounded(value: number): number {
  return Number(value.toPrecision(6))
}
