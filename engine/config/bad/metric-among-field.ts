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
const measured = trades.metric('measured', {
  by: ['pair'],
  where: { side: 'buy' },
  among: { volum: { above: 0 } },
  stats: ['ratio'],
  windows: ['1m'],
})

export default defineConfig({ metrics: [measured] })
