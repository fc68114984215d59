/** The coin exchange: its ticker says every ten seconds what was traded; each market becomes one event. */
import { collect } from 'weir/scrapers'
import { world } from './world/address.ts'

interface Ticker {
  asOf: string
  markets: { market: string; last: number; volume: number }[]
}

export default collect('exchange', {
  url: world('exchange', '/api/ticker'),
  every: '10s',
  fleet: 'markets',
  local: true,
  into: 'trades',
  events: ({ asOf, markets }: Ticker) =>
    markets.map(({ market, last, volume }) => ({ at: Date.parse(asOf), pair: market, price: last, volume })),
  schema: {
    type: 'object',
    required: ['asOf', 'markets'],
    properties: { asOf: { type: 'string' }, markets: { type: 'array', maxItems: 1000 } },
  },
})
