import { defineConfig, noData, runs } from 'weir'

const right = runs.metric('right', {
  by: ['scraper'],
  where: { right: true },
  stats: ['ratio'],
  windows: ['5m', '1h'],
})

export default defineConfig({ rules: [noData(right.name, { for: '10m' })] })
