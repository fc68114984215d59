import { defineConfig, stream, t } from 'weir'

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
const one = trades.metric('volume', { by: ['pair'], of: 'volume', stats: ['mean'], windows: ['1m'] })
const two = trades.metric('volume', { by: ['pair'], of: 'volume', stats: ['max'], windows: ['1m'] })

export default defineConfig({ metrics: [one, two] })
