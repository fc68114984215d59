// names '"1m"'
import { runs, spike } from 'weir'

const ms = runs.metric('ms', { by: ['scraper'], of: 'ms', stats: ['p95', 'mean'], windows: ['5m'] })
export const slow = spike(ms, { window: '1m', times: 2 })
