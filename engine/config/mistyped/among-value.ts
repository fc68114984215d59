// names '"bye"'
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
  among: { side: { in: ['buy', 'bye'] } },
  stats: ['count'],
  windows: ['1m'],
})
