/** A run that tries again, against a real site and the real gate: one event, and no visit that the gate did not hear of. */
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, type RunEvent } from '../../engine/index.ts'
import { type TestRedis, startRedis } from '../../test/harness/redis.ts'
import { check } from '../index.ts'
import { redisGate } from '../politeness/redis-gate.ts'
import { run } from '../run.ts'
import { type Attempt, retryDelay } from './retry.ts'

let redis: TestRedis
let server: Server
let client: ReturnType<typeof connect>
let visits = 0

beforeAll(async () => {
  redis = await startRedis()
  client = connect(redis.url, 'commit')
  await client.connect()
  server = createServer((request, response) => {
    visits += 1
    const bad = request.url === '/limited' ? 429 : 503
    response.writeHead(visits > 1 ? 200 : bad, bad === 429 ? { 'retry-after': '1' } : {}).end('x')
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
})
afterAll(async () => {
  server?.closeAllConnections()
  server?.close()
  client?.disconnect()
  await redis?.stop()
})

async function ends(path: string, every: string): Promise<{ events: RunEvent[]; reports: string[] }> {
  visits = 0
  const events: RunEvent[] = []
  const reports: string[] = []
  const gate = redisGate(client, `test${path}`, () => performance.now())
  await run(
    check('site', {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
      every,
      local: true,
    }),
    'v1',
    {
      gate: { ...gate, report: (visit, told) => (reports.push(told.outcome), gate.report(visit, told)) },
      pool: null,
      now: Date.now,
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      publish: async (event) => void events.push(event),
      publishRows: async () => undefined,
      retry: (attempt: Attempt) => retryDelay(attempt, 0),
      hostsRemapped: false,
    },
  )
  return { events, reports }
}

test('a site that was down for a moment', async () => {
  const { events, reports } = await ends('/flaky', '5m')
  expect(events).toMatchObject([{ outcome: 'ok', visits: 2 }])
  expect(reports).toEqual(['site_down', 'ok'])
})

test('a limit is waited for', async () => {
  const begun = performance.now()
  const { events, reports } = await ends('/limited', '5m')
  expect(events).toMatchObject([{ outcome: 'ok', visits: 2 }])
  expect(reports).toEqual(['rate_limited', 'ok'])
  expect(performance.now() - begun).toBeGreaterThan(950)
})

test('whoever comes again soon does not try again', async () => {
  const { events, reports } = await ends('/flaky', '10s')
  expect(events).toMatchObject([{ outcome: 'site_down' }])
  expect(events[0]).not.toHaveProperty('visits')
  expect(reports).toEqual(['site_down'])
})
