import { defineConfig, stream, t } from 'weir'

const trades = stream('trades', { key: 'pair', schema: { pair: t.String({ pattern: '[A-Z' }) } })

export default defineConfig({ streams: [trades] })
