import { defineConfig, stream, t } from 'weir'

const trades = stream('trades', { key: 'pair', time: 'pair', schema: { pair: t.String() } })

export default defineConfig({ streams: [trades] })
