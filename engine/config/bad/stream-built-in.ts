import { defineConfig, stream, t } from 'weir'

const trades = stream('runs', { key: 'pair', lateness: '2m', schema: { pair: t.String() } })

export default defineConfig({ streams: [trades] })
