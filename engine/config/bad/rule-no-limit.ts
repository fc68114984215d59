import { defineConfig, threshold, runs } from 'weir'

const right = runs.metric('right', {
  by: ['scraper'],
  where: { right: true },
  stats: ['ratio'],
  windows: ['5m', '1h'],
})

export default defineConfig({ rules: [threshold(right, { window: '5m', for: '2m' })] })
