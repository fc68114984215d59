import { defineConfig, stream, t } from 'weir'

const trades = stream('trades', {
  key: 'pair',
  schema: { pair: t.String(), price: t.Object({ value: t.Number() }) },
})

export default defineConfig({ streams: [trades] })
