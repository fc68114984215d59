// names 'sidde'
import { stream, t } from 'weir'

const trades = stream('trades', {
  key: 'pair',
  time: 'at',
  schema: {
    at: t.Number(),
    pair: t.String(),
    volume: t.Number({ minimum: 0 }),
    side: t.Enum(['buy', 'sell']),
  },
})

export const buys = trades.metric('buys', {
  where: { side: 'buy' },
  among: { sidde: 'buy' },
  stats: ['ratio'],
  windows: ['1m'],
})
