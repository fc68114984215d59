import { defineConfig, stream, t } from 'weir'

const trades = stream('trades', { key: 'pair', schema: { pair: t.String(), price: 'number' } })

export default defineConfig({ streams: [trades] })
