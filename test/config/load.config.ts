/** The config of the system tests under load: live, four partitions, windows that turn every ten seconds. */
import { defineConfig, stream, t, threshold } from 'weir'

const load = stream('load', {
  key: 'k',
  time: 'at',
  partitions: 4,
  schema: { at: t.Number(), k: t.String(), v: t.Number() },
})
const volume = load.metric('volume', {
  by: ['k'],
  of: 'v',
  stats: ['count', 'sum', 'max', 'p95'],
  windows: ['1m'],
  series: ['10s', '1m'],
})

export default defineConfig({
  rules: [threshold(volume, { stat: 'sum', window: '1m', above: 1e9, name: 'never' })],
})
