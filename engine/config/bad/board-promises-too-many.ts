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
    promises: [0.9, 0.95, 0.99, 0.999].map((atLeast) => ({ title: 'Right', of: right, atLeast })),
  },
})
