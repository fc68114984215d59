import { defineConfig, stream, t } from 'weir'

const trades = stream('trades', { key: 'pare', schema: { pair: t.String() } })

export default defineConfig({ streams: [trades] })
