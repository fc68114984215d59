import { defineConfig, stream, t } from 'weir'

const trades = stream('trades', { key: 'pair', lateness: '2 minutes', schema: { pair: t.String() } })

export default defineConfig({ streams: [trades] })
