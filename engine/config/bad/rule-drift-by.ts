import { defineConfig, drift, fields } from 'weir'

const lost = fields.metric('lost', {
  by: ['template', 'field', 'scraper'],
  where: { state: 'missing' },
  stats: ['ratio', 'count'],
  windows: ['10m'],
})

export default defineConfig({ rules: [drift(lost, { by: ['scraper'] })] })
