import { defineConfig, stream, t } from 'weir'

const trades = stream('my trades', { key: 'pair', lateness: '2m', schema: { pair: t.String() } })

export default defineConfig({ streams: [trades] })
