/** The config of the system tests on real requests: history, four partitions, everything an hour wide. */
import { defineConfig, stream, t } from 'weir'

const requests = stream('requests', {
  key: 'path',
  time: 'at',
  clock: 'event',
  lateness: '1m',
  partitions: 4,
  schema: {
    at: t.Number(),
    user: t.String(),
    method: t.String(),
    path: t.String(),
    status: t.Integer(),
    bytes: t.Integer({ minimum: 0 }),
  },
})

const hits = requests.metric('hits', {
  by: ['path'],
  stats: ['count'],
  windows: ['1h'],
  series: ['1m', '1h'],
})
const errors = requests.metric('errors', {
  by: ['path'],
  where: { status: { atLeast: 400 } },
  stats: ['ratio'],
  windows: ['1h'],
  series: ['1h'],
})
const bytes = requests.metric('bytes', {
  by: ['path'],
  of: 'bytes',
  stats: ['sum', 'max', 'p95'],
  windows: ['1h'],
  series: ['1h'],
})

export default defineConfig({ metrics: [hits, errors, bytes] })
