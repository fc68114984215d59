import { defineConfig, stream, t } from 'weir'

const trades = stream('trades', { key: 'pair', schema: { pair: t.String(), weir: t.Number() } })

export default defineConfig({ streams: [trades] })
