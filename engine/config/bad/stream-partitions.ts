import { defineConfig, stream, t } from 'weir'

const trades = stream('trades', { key: 'pair', partitions: 0, schema: { pair: t.String() } })

export default defineConfig({ streams: [trades] })
