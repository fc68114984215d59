import { defineConfig, stream, t } from 'weir'

const trades = stream('trades', {
  key: 'pair',
  retention: { bytes: '64 megs' },
  schema: { pair: t.String() },
})

export default defineConfig({ streams: [trades] })
