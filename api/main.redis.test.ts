/** The API as a process, with a real Redis and a real engine: from a posted line to screen and Slack, and through trouble. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { appendConfig, connect } from '../engine/index.ts'
import { startRedis, type TestRedis } from '../test/harness/redis.ts'
import { testConfig } from './memory-reader.fixture.ts'

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const children: ChildProcess[] = []
let redis: TestRedis
let base: string
let api: ChildProcess
let slack: { texts: string[]; url: string; close(): void }

function run(main: string, env: NodeJS.ProcessEnv): { child: ChildProcess; output: () => string } {
  const child = fork(file(main), {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...env },
  })
  children.push(child)
  let text = ''
  child.stdout!.on('data', (chunk) => (text += String(chunk)))
  child.stderr!.on('data', (chunk) => (text += String(chunk)))
  return { child, output: () => text }
}

async function startReceiver(): Promise<typeof slack> {
  const texts: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += String(chunk)))
    request.on('end', () => {
      texts.push((JSON.parse(body) as { text: string }).text)
      response.end('ok')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/SECRET`
  return { texts, url, close: () => (server.closeAllConnections(), server.close()) }
}

const get = async (path: string) => {
  const response = await fetch(base + path)
  return { status: response.status, body: await response.json() }
}
const post = (rows: object[], more: Record<string, string> = {}) =>
  fetch(`${base}/v1/events/trades`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', ...more },
    body: rows.map((row) => JSON.stringify(row)).join('\n'),
  })
const rows = (volume: number, n: number) =>
  Array.from({ length: n }, (_, i) => ({ at: Date.now() - 3000 + i, pair: 'BTC-EUR', volume }))

beforeAll(async () => {
  redis = await startRedis({ fsync: 'always' })
  slack = await startReceiver()
  const config = testConfig()
  const { metric, stat, window, severity, notify, says, hash } = config.rules[0]!
  const common = { metric, stat, window, severity, notify, says, hash, for: 0 }
  config.rules = [
    { ...common, id: 'high', kind: 'threshold', above: 5, below: null, clear: null, minSamples: 1 },
  ]
  const client = connect(redis.url, 'query')
  await appendConfig(client, 'test', config, 'test')
  client.disconnect()
  const env = { REDIS_URL: redis.url, WEIR_NAMESPACE: 'test' }
  run('../engine/main.ts', env)
  const more = { PORT: '0', HOST: '', WEIR_API_KEY: '', WEIR_HOLD_READY: '1', WEIR_DELIVER: '1' }
  const outside = { WEIR_ALLOW_PRIVATE_WEBHOOKS: '1', TEST_SLACK_URL: slack.url }
  api = run('./main.ts', { ...env, ...more, ...outside }).child
  const [ready] = (await once(api, 'message')) as [{ port: number }]
  base = `http://127.0.0.1:${ready.port}`
}, 120_000)

afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  slack.close()
  await redis.stop()
})

test('readiness waits for the engine, then for the release', async () => {
  expect((await get('/healthz')).status).toBe(200)
  await expect
    .poll(async () => (await get('/readyz')).body.detail, { timeout: 120_000 })
    .toBe('the process that started us is still loading the past.')
  api.send({ type: 'release' })
  await expect.poll(async () => (await get('/readyz')).status).toBe(200)
})

test('posted events come out as windows, on screens, as an alert and in Slack', async () => {
  const screen = new WebSocket(`${base.replace('http', 'ws')}/v1/live`)
  const heard: { type: string; rows?: { values: { count?: number } }[]; changes?: { event: string }[] }[] = []
  screen.on('message', (data) => heard.push(JSON.parse(String(data)) as (typeof heard)[number]))
  await once(screen, 'open')
  for (const topic of [{ topic: 'kpis', metric: 'volume' }, { topic: 'alerts' }, { topic: 'board' }]) {
    screen.send(JSON.stringify({ type: 'subscribe', ...topic }))
  }
  const answer = await post([...rows(8, 100), { at: 'x' }])
  expect([answer.status, await answer.json()]).toMatchObject([202, { accepted: 100, rejected: 1 }])
  await expect
    .poll(async () => (await get('/v1/kpis/volume?group.pair=BTC-EUR')).body.rows[0]?.values)
    .toMatchObject({ mean: 8, count: 100 })
  await expect.poll(() => heard.some((each) => each.rows?.[0]?.values.count === 100)).toBe(true)
  await expect.poll(() => heard.some((each) => each.changes?.[0]?.event === 'fired')).toBe(true)
  expect(heard.some((each) => each.type === 'board')).toBe(true)
  expect((await get('/v1/alerts?state=firing')).body.alerts).toMatchObject([{ rule: 'high', value: 8 }])
  await expect.poll(() => slack.texts).toHaveLength(1)
  expect(slack.texts[0]).toMatch(/BTC-EUR.*\nValue 8 BTC, limit 5 BTC/)
  await expect
    .poll(async () =>
      (await get('/v1/accounting')).body.streams.find((s: { stream: string }) => s.stream === 'trades'),
    )
    .toMatchObject({ counted: 100, dead: 1 })
  expect(await (await fetch(base)).text()).toMatch(/^<!doctype html>/i)
  screen.terminate()
})

test('Redis goes away: clear answers with their age; it comes back: all goes on', async () => {
  await redis.kill()
  await expect.poll(async () => (await get('/v1/alerts')).body.redis).toBe('away')
  expect((await get('/v1/alerts')).body).toMatchObject({ alerts: [{ rule: 'high' }] })
  expect((await post(rows(8, 1))).status).toBe(503)
  const started = Date.now()
  expect((await get('/v1/series/volume')).status).toBe(503)
  expect((await get('/v1/accounting')).status).toBe(503)
  expect(Date.now() - started).toBeLessThan(5000)
  expect((await get('/healthz')).status).toBe(200)
  await redis.restart()
  await expect.poll(async () => (await get('/readyz')).status, { timeout: 120_000 }).toBe(200)
  expect((await post(rows(8, 10))).status).toBe(202)
  const counted = async () => {
    const streams = (await get('/v1/accounting')).body.streams as { stream: string; counted: number }[]
    return streams?.find(({ stream }) => stream === 'trades')?.counted
  }
  await expect.poll(counted).toBe(110)
})

test('four posts of the same events under one key, at once, count once', async () => {
  const account = async () => {
    const streams = (await get('/v1/accounting')).body.streams as Record<string, unknown>[]
    return streams?.find(({ stream }) => stream === 'trades')
  }
  const before = (await account()) as { counted: number; duplicate: number }
  const same = [...rows(8, 1200), { at: 'x' }]
  const key = { 'idempotency-key': `${Date.now()}-batch-17` }
  const answers = await Promise.all([1, 2, 3, 4].map(() => post(same, key)))
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202])
  await expect
    .poll(account)
    .toMatchObject({ counted: before.counted + 1200, duplicate: before.duplicate + 3 * 1201, dead: 2 })
})

test('what cannot start says why and ends', async () => {
  const env = { REDIS_URL: redis.url, WEIR_NAMESPACE: 'test', WEIR_API_KEY: '' }
  const taken = run('./main.ts', { ...env, PORT: new URL(base).port })
  const open = run('./main.ts', { ...env, HOST: '0.0.0.0', PORT: '0' })
  const exits = await Promise.all([once(taken.child, 'exit'), once(open.child, 'exit')])
  expect(exits).toEqual([
    [1, null],
    [1, null],
  ])
  expect(taken.output()).toMatch(/Port \d+ on 127.0.0.1 is taken. Set PORT/)
  expect(open.output()).toMatch(/WEIR_API_KEY is not set/)
})

test('without its parent the process ends', async () => {
  const exit = once(api, 'exit')
  api.disconnect()
  expect(await exit).toEqual([0, null])
})
