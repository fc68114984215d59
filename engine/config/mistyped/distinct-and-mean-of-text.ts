// names '"user"'
import { stream, t } from 'weir'

const trades = stream('trades', { key: 'pair', schema: { pair: t.String(), user: t.String() } })

export const buyers = trades.metric('buyers', { of: 'user', stats: ['distinct', 'mean'], windows: ['1m'] })
