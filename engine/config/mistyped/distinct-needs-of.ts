// names '"distinct"'
import { stream, t } from 'weir'

const trades = stream('trades', { key: 'pair', schema: { pair: t.String(), user: t.String() } })

export const buyers = trades.metric('buyers', { by: ['pair'], stats: ['distinct'], windows: ['1m'] })
