/** The stream that is tortured, beside those of the config in use. Its events have the time at which they are logged. */
import { defineConfig, stream, t } from 'weir'

const torture = stream('torture', {
  key: 'key',
  partitions: 4,
  // Whoever audits reads along; a long log would only make Redis slow to start again.
  retention: { bytes: '16MB' },
  schema: { key: t.String(), producer: t.Integer(), serial: t.Integer(), value: t.Number() },
})
const load = torture.metric('torture', {
  by: ['key'],
  of: 'value',
  stats: ['count', 'mean', 'p95'],
  windows: ['1m', '5m'],
})

export default defineConfig({ streams: [torture], metrics: [load] })
