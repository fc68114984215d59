import { defineConfig, runs } from 'weir'

const right = runs.metric('right', {
  by: ['scraper'],
  where: { right: true },
  stats: ['ratio'],
  windows: ['5m'],
})

export default defineConfig({
  board: {
    title: 'Banks',
    headline: { of: right, field: 'bank', noun: 'banks' },
  },
})
