// names '"mean"'
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

export const volume = trades.metric('volume', { by: ['pair'], stats: ['count', 'mean'], windows: ['1m'] })
