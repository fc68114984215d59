// names '"pare"'
import { stream, t } from 'weir'

export const trades = stream('trades', { key: 'pare', schema: { at: t.Number(), pair: t.String() } })
