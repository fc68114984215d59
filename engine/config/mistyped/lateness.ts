// names '"2 min"'
import { stream, t } from 'weir'

export const trades = stream('trades', { key: 'pair', lateness: '2 min', schema: { pair: t.String() } })
