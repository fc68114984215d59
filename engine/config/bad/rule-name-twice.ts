import { defineConfig, noData, runs } from 'weir'

const right = runs.metric('right', { by: ['scraper'], stats: ['count'], windows: ['5m'] })

export default defineConfig({
  rules: [noData(right, { name: 'quiet', for: '10m' }), noData(right, { name: 'quiet', for: '1h' })],
})
