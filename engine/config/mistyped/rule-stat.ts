// names '"p99"'
import { runs, threshold } from 'weir'

const ms = runs.metric('ms', { by: ['scraper'], of: 'ms', stats: ['p95', 'mean'], windows: ['5m'] })
export const slow = threshold(ms, { stat: 'p99', above: 1000 })
