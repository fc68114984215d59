// names '"pair"'
import { stream, t } from 'weir'

export const trades = stream('trades', {
  key: 'pair',
  time: 'pair',
  schema: { at: t.Number(), pair: t.String() },
})
