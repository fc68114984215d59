import { defineConfig, stream, t } from 'weir'

const trades = stream('trades', { key: 'pair', latenes: '2m', schema: { pair: t.String() } })

export default defineConfig({ streams: [trades] })
