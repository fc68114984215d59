// names '"tags"'
import { stream, t } from 'weir'

const trades = stream('trades', {
  key: 'pair',
  schema: { pair: t.String(), tags: t.Array(t.String()) },
})

export const tagged = trades.metric('tagged', { of: 'tags', stats: ['distinct'], windows: ['1m'] })
