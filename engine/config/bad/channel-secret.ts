import { defineConfig, noData, runs, slack } from 'weir'

const right = runs.metric('right', { by: ['scraper'], stats: ['count'], windows: ['5m'] })
const ops = slack('https://hooks.slack.example/services/T000/B000/very-secret')

export default defineConfig({ rules: [noData(right, { for: '10m', notify: ops })] })
