// names '"p99"'
import { defineConfig, runs } from 'weir'

const right = runs.metric('right', {
  by: ['scraper'],
  where: { right: true },
  stats: ['ratio'],
  windows: ['5m'],
})
const ms = runs.metric('ms', { by: ['scraper'], of: 'ms', stats: ['p95'], windows: ['5m', '1d'] })
export default defineConfig({
  board: {
    promises: [
      { title: 'Right', of: right, stat: 'ratio', window: '5m', atLeast: 0.9 },
      { title: 'Fast', of: ms, stat: 'p99', window: '1d', atMost: 2000 },
    ],
  },
})
