import { defineConfig, spike, stream, t } from 'weir'

const trades = stream('trades', { key: 'pair', schema: { pair: t.String(), user: t.String() } })
const buyers = trades.metric('buyers', { by: ['pair'], of: 'user', stats: ['distinct'], windows: ['1m'] })

export default defineConfig({ rules: [spike(buyers, { over: '1d' })] })
