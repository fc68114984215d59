/**
 * The config that chaos runs under. CHAOS_STAGE says how far it has been changed: from 1 on there is one more metric
 * and rule; every stage changes a rule that never fires, so that control markers keep coming.
 */
import { defineConfig, noData, stream, t, threshold } from 'weir'

const stage = Number(process.env['CHAOS_STAGE'] ?? 0)
const limit = 5000
const schema = { at: t.Number(), k: t.String(), v: t.Number() }

const past = stream('past', {
  key: 'k',
  time: 'at',
  clock: 'event',
  disorder: '90s',
  lateness: '5m',
  partitions: 4,
  schema,
})
const now = stream('now', { key: 'k', time: 'at', partitions: 3, schema })

const volume = past.metric('volume', {
  by: ['k'],
  of: 'v',
  stats: ['count', 'sum', 'mean', 'min', 'max', 'p50', 'p95'],
  windows: ['1m', '5m'],
  series: ['10s', '1m'],
})
const visits = past.metric('visits', { by: ['k'], stats: ['count'], windows: ['1m'], series: ['1m'] })
const pulse = now.metric('pulse', {
  by: ['k'],
  of: 'v',
  stats: ['count', 'sum', 'min', 'max', 'p50', 'p95'],
  windows: ['10s'],
  series: ['10s', '1m'],
})
const beat = now.metric('beat', { by: ['k'], where: { v: { above: 0 } }, stats: ['count'], windows: ['1m'] })
/** Their one group lies across all partitions. */
const whole = past.metric('whole', {
  by: [],
  of: 'v',
  stats: ['count', 'sum', 'min', 'max', 'p50', 'p95'],
  windows: ['1m'],
  series: ['10s', '1m'],
})
const wholeNow = now.metric('wholeNow', {
  by: [],
  of: 'v',
  stats: ['count', 'sum', 'min', 'max', 'p50', 'p95'],
  windows: ['1m'],
  series: ['10s', '1m'],
})
const extra = past.metric('extra', {
  by: ['k'],
  of: 'v',
  stats: ['count', 'sum', 'min', 'max', 'p50', 'p95'],
  windows: ['1m'],
  series: ['10s', '1m'],
})

const rules = [
  threshold(volume, { name: 'high', stat: 'max', window: '1m', above: limit }),
  threshold(volume, {
    name: 'mean',
    stat: 'mean',
    window: '1m',
    above: 2000,
    for: '20s',
    severity: 'critical',
  }),
  // History raises no alarm by its silence; the present does.
  noData(visits, { name: 'history', for: '1m' }),
  noData(beat, { name: 'silent', for: '30s' }),
  threshold(pulse, { name: 'surge', stat: 'max', window: '10s', above: limit }),
  threshold(volume, { name: 'never', stat: 'sum', window: '5m', above: 1e12 + stage }),
]
const later = [threshold(extra, { name: 'extra', stat: 'max', window: '1m', above: limit })]

export default defineConfig({
  namespace: 'chaos',
  metrics: stage === 0 ? [whole, wholeNow] : [whole, wholeNow, extra],
  rules: stage === 0 ? rules : [...rules, ...later],
})
