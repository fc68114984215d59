/** The API's answers, unbound: right ones, and one Problem for every way to ask wrongly. */
import { expect, test } from 'vitest'
import { WeirError } from '../engine/index.ts'
import { NOW, testApp } from './app.fixture.ts'
import { createMetrics } from './http/metrics.ts'
import { MemoryReader, testAlert } from './memory-reader.fixture.ts'

async function expectProblem(
  response: Response,
  status: number,
  words: RegExp,
): Promise<Record<string, unknown>> {
  const text = await response.text()
  expect(response.status).toBe(status)
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const body = JSON.parse(text) as Record<string, unknown>
  expect(body).toMatchObject({ status, type: expect.stringMatching(/^urn:weir:problem:/) })
  for (const member of ['title', 'detail', 'instance', 'todo'])
    expect(body[member]).toEqual(expect.any(String))
  expect(text).toMatch(words)
  expect(text).not.toMatch(/node_modules|\.ts:/)
  return body
}

test('metrics are listed with what can be asked of them', async () => {
  const { app } = testApp()
  const body = await (await app.request('/v1/kpis')).json()
  expect(body).toMatchObject({ now: NOW, age: 500, engine: 'ok', redis: 'ok' })
  expect(body.metrics[0]).toMatchObject({
    name: 'volume',
    by: ['pair'],
    stats: ['mean', 'count'],
    rules: [{ id: 'spike-volume', kind: 'spike' }],
  })
})

test('a metric answers its windows, narrowed to a group, with baseline and ratio', async () => {
  const { app, reader } = testApp()
  const row = (pair: string) => ({ group: { pair }, asOf: 1, values: { mean: 8 }, baseline: 2, ratio: 4 })
  reader.answers.set('volume 5m', {
    metric: 'volume',
    stream: 'trades',
    unit: 'BTC',
    window: { name: '5m', size: 300_000, slide: 10_000 },
    rows: [row('BTC-EUR'), row('ETH-EUR')],
  })
  const body = await (await app.request('/v1/kpis/volume?window=5m&group.pair=ETH-EUR')).json()
  expect(body.rows).toEqual([row('ETH-EUR')])
})

test('with Redis away, values from memory are answered with their age', async () => {
  const { app, reader } = testApp()
  reader.state = { ...reader.state, redis: { ...reader.state.redis, ok: false } }
  const body = await (await app.request('/v1/alerts')).json()
  expect(body).toMatchObject({ redis: 'away', age: 500 })
})

test('a series is asked with defaults, relative times and a step that fits', async () => {
  const { app, reader } = testApp()
  reader.points = [[0, 1]]
  const body = await (await app.request('/v1/series/volume')).json()
  expect(body).toMatchObject({ points: [[0, 1]], from: NOW - 86_400_000, to: NOW })
  expect(reader.asked[0]).toMatchObject({ stat: 'mean', step: 60_000 })
  await app.request('/v1/series/volume?stat=count&from=-30d&to=1970-01-01T00:16:00Z&step=1h&group.pair=X')
  expect(reader.asked[1]).toMatchObject({
    stat: 'count',
    from: NOW - 30 * 86_400_000,
    to: 960_000,
    step: 3_600_000,
    group: { pair: 'X' },
  })
})

test('a wrong question is answered with what to do', async () => {
  const { app } = testApp()
  const ask = (path: string) => app.request(path)
  await expectProblem(await ask('/v1/kpis/volum'), 404, /Did you mean 'volume'/)
  await expectProblem(await ask('/v1/kpis/volume?windw=5m'), 400, /windw.*Did you mean 'window'/)
  await expectProblem(await ask('/v1/kpis/volume?window=6m'), 400, /window.*5m/)
  await expectProblem(await ask('/v1/kpis/volume?window=5m&window=5m'), 400, /more than once/)
  await expectProblem(await ask('/v1/kpis/volume?group.pairs=x'), 400, /Did you mean 'pair'/)
  await expectProblem(await ask('/v1/series/volume?stat=p99'), 400, /stat/)
  await expectProblem(await ask('/v1/series/volume?from=yesterday'), 400, /not a time/)
  await expectProblem(await ask('/v1/series/volume?step=0s'), 400, /not a duration/)
  await expectProblem(await ask('/v1/series/volume?from=now&to=-1h'), 400, /not before/)
  await expectProblem(await ask('/v1/series/volume?from=-30d&step=1m'), 400, /43200 points.*5000/)
  await expectProblem(await ask('/v1/alerts?state=burning'), 400, /state/)
  await expectProblem(await ask('/v1/nothing'), 404, /docs/)
  await expectProblem(await ask(`/v1/alerts?x=${'a'.repeat(5000)}`), 414, /4096/)
  await expectProblem(await ask('/v1/live'), 426, /WebSocket/)
  const wrong = await app.request('/v1/kpis/volume', { method: 'DELETE' })
  await expectProblem(wrong, 405, /GET/)
  expect(wrong.headers.get('allow')).toBe('GET, HEAD')
})

test('no config, Redis away and bugs: 503, 503, and 500 without our inside', async () => {
  const { app, reader, errors } = testApp()
  reader.failure = new Error('Connection is closed.')
  const away = await app.request('/v1/accounting')
  await expectProblem(away, 503, /Redis/)
  expect(away.headers.get('retry-after')).toBe('5')
  reader.failure = new WeirError('gone', { code: 'WEIR_REDIS_AWAY', domain: 'external', retry: true })
  await expectProblem(await app.request('/v1/series/volume'), 503, /gone/)
  reader.failure = new Error('secret inside')
  const body = await expectProblem(await app.request('/v1/accounting'), 500, /log/)
  expect(JSON.stringify(body)).not.toContain('secret')
  expect(errors).toHaveLength(1)
  reader.state = { ...reader.state, redis: { ...reader.state.redis, ok: false } }
  await expectProblem(await app.request('/v1/accounting'), 503, /Redis/)
  await expectProblem(await app.request('/readyz'), 503, /nothing is known of the engine/)
  reader.active = null
  await expectProblem(await app.request('/v1/kpis'), 503, /configuration/)
})

test('an alert over runs names its outcome and the fields concerned', async () => {
  const { app, reader } = testApp()
  const sample = {
    outcome: 'layout_changed',
    missing: ['balance'],
    invalid: [],
    empty: ['currency', 'balance'],
  }
  reader.all = [
    testAlert({
      id: 'r',
      stream: 'runs',
      evidence: { partition: 0, from: null, to: null, samples: [sample] },
    }),
    testAlert({ id: 't', state: 'resolved' }),
  ]
  const body = await (await app.request('/v1/alerts?state=firing')).json()
  expect(body.alerts).toHaveLength(1)
  expect(body.alerts[0]).toMatchObject({
    id: 'r',
    outcome: 'layout_changed',
    fields: ['balance', 'currency'],
  })
})

test('readiness says why not', async () => {
  let held = true
  const { app, reader } = testApp({ held: () => held })
  expect((await app.request('/healthz')).status).toBe(200)
  await expectProblem(await app.request('/readyz'), 503, /loading the past/)
  held = false
  expect((await app.request('/readyz')).status).toBe(200)
  reader.state = { ...reader.state, engine: 'behind', lagEntries: 7 }
  await expectProblem(await app.request('/readyz'), 503, /7 entries/)
})

test('Prometheus reads alerts, accounting and requests by route', async () => {
  const reader = new MemoryReader()
  const { app } = testApp({ reader, metrics: createMetrics(reader, () => NOW) })
  reader.all = [testAlert()]
  const zero = { duplicate: 0, late: 0, dead: 0, missing: 0, forwarded: 0, other: 5, lagEntries: 3 }
  reader.streamAccounts = [{ stream: 'trades', partitions: 2, counted: 9999, ...zero }]
  await app.request('/v1/kpis/volume')
  await app.request('/v1/kpis/anything')
  const text = await (await app.request('/metrics')).text()
  expect(text).toContain('weir_events_total{stream="trades",fate="counted"} 9999')
  expect(text).toContain('weir_other_group_events_total{stream="trades"} 5')
  expect(text).toContain('weir_stream_lag_entries{stream="trades"} 3')
  expect(text).toContain('weir_alerts{state="firing",severity="warning"} 1')
  expect(text).toContain('route="/v1/kpis/:metric",status="400"')
  expect(text).not.toContain('anything')
  reader.failure = new Error('Connection is closed.')
  expect(await (await app.request('/metrics')).text()).not.toContain('weir_events_total{')
})
