// names 'abvoe'
import { runs, threshold } from 'weir'

const ms = runs.metric('ms', { by: ['scraper'], of: 'ms', stats: ['p95'], windows: ['5m'] })
export const slow = threshold(ms, { abvoe: 1000 })
