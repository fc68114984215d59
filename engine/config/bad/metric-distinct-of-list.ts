import { defineConfig, stream, t } from 'weir'

const trades = stream('trades', {
  key: 'pair',
  time: 'at',
  schema: {
    at: t.Number(),
    pair: t.String(),
    side: t.Enum(['buy', 'sell']),
    tags: t.Array(t.String()),
  },
})
const measured = trades.metric('measured', { by: ['pair'], of: 'tags', stats: ['distinct'], windows: ['1m'] })

export default defineConfig({ metrics: [measured] })
