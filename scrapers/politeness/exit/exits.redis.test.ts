/** Proxies of the config: chosen, checked before use, left alone where they fail, and never replaced by going direct. */
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { type CompiledProxy, type RunEvent, connect } from '../../../engine/index.ts'
import { type TestRedis, startRedis } from '../../../test/harness/redis.ts'
import { check, type CheckOptions } from '../../index.ts'
import { run } from '../../run.ts'
import { redisGate } from '../redis-gate.ts'
import { type TestProxy, startHttpProxy, startSocksProxy } from './proxy.fixture.ts'
import { redisExits } from './redis-exits.ts'

const mono = (): number => performance.now()
let redis: TestRedis
let client: Redis
let server: Server
let port: number
let visits: string[]
let berlin: TestProxy
let paris: TestProxy

const PROXIES: CompiledProxy[] = [
  { name: 'berlin', env: 'PROXY_BERLIN', country: 'de' },
  { name: 'paris', env: 'PROXY_PARIS', country: 'fr' },
]

beforeAll(async () => {
  redis = await startRedis()
  client = connect(redis.url, 'commit')
  await client.connect()
  server = createServer((request, response) => {
    visits.push(request.url!)
    response.end('ok')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
beforeEach(async () => {
  visits = []
  berlin = await startHttpProxy('ann:secret')
  paris = await startSocksProxy()
  await client.flushall()
})
afterEach(() => {
  berlin.close()
  paris.close()
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  client.disconnect()
  await redis.stop()
})

function newExits(change: Record<string, string | undefined> = {}) {
  const env = {
    PROXY_BERLIN: `http://ann:secret@127.0.0.1:${berlin.port}`,
    PROXY_PARIS: `socks5://127.0.0.1:${paris.port}`,
    ...change,
  }
  const exits = redisExits(client, 'test', { env, mono, random: Math.random })
  return { exits, problems: exits.use(PROXIES) }
}

function visit(more: Partial<CheckOptions>, { exits } = newExits()): Promise<RunEvent> {
  const url = `http://north.localhost:${port}/x`
  const world = {
    gate: redisGate(client, 'test', mono),
    exits,
    pool: null,
    now: Date.now,
    sleep: (ms: number) => sleep(ms),
    publish: async () => undefined,
    publishRows: async () => undefined,
    hostsRemapped: false,
  }
  return run(check('c', { url, every: '1m', local: true, ...more }), 'v1', world)
}

test('those that are named, of a country, or any; what is not there is not taken', async () => {
  const { exits, problems } = newExits()
  expect(problems).toEqual([])
  const names = async (choice: Parameters<typeof exits.candidates>[0]) => {
    const found = await exits.candidates(choice, 'site')
    return 'go' in found ? found.detail : [...found].sort()
  }
  expect(await names(null)).toEqual(['direct'])
  expect(await names({ names: null, country: null })).toEqual(['berlin', 'paris'])
  expect(await names({ names: null, country: 'fr' })).toEqual(['paris'])
  expect(await names({ names: ['berlin', 'rome'], country: null })).toEqual(['berlin'])
  expect(await names({ names: ['rome'], country: null })).toBe(
    'site is visited through rome only: there is none',
  )
  expect(exits.missing({ names: ['berlin', 'rome'], country: null })).toEqual(['rome'])
  paris.close()
  const later = newExits()
  expect(await later.exits.candidates({ names: null, country: 'fr' }, 'site')).toMatchObject({
    reason: 'no_proxy',
    detail: 'site is visited through a proxy in fr only: paris does not answer',
  })
  expect(await later.exits.look()).toEqual({ berlin: 'ok', paris: 'paris does not answer' })
  const { problems: said } = newExits({ PROXY_BERLIN: 'quic://ann:secret@x' })
  expect(said.join()).toMatch(/PROXY_BERLIN/)
  expect(said.join()).not.toMatch(/secret/)
})

test('a run through a proxy says so, robots.txt included', async () => {
  expect(await visit({ exit: 'berlin', robots: 'obey' })).toMatchObject({ outcome: 'ok', exit: 'berlin' })
  expect(await visit({ exit: { country: 'FR' } })).toMatchObject({ outcome: 'ok', exit: 'paris' })
  expect(visits).toEqual(['/robots.txt', '/x', '/x'])
  expect([berlin.asked.length, paris.asked.length]).toEqual([2, 1])
})

test('a proxy that fails is left alone for that site; without another nobody goes, and never direct', async () => {
  berlin.answers = 502
  expect(await visit({ exit: 'berlin' })).toMatchObject({
    outcome: 'proxy_failed',
    reason: 'tunnel',
    exit: 'berlin',
  })
  expect(await visit({ exit: 'berlin' })).toMatchObject({ outcome: 'skipped', reason: 'no_proxy' })
  expect(visits).toEqual([])
  expect(await visit({ exit: ['berlin', 'paris'] })).toMatchObject({ outcome: 'ok', exit: 'paris' })
  paris.close()
  expect(await visit({ exit: 'proxy' })).toMatchObject({ outcome: 'skipped', reason: 'no_proxy' })
  expect(visits).toEqual(['/x'])
})

test('one that fails at three sites is left alone for all, by every process, for longer each time', async () => {
  const one = newExits().exits
  const left = async (): Promise<string> => {
    const found = await newExits().exits.candidates({ names: ['berlin'], country: null }, 'fourth')
    return 'go' in found ? found.detail : 'usable'
  }
  await one.tell('berlin', 'first', true)
  await one.tell('berlin', 'first', true)
  await one.tell('berlin', 'second', true)
  await one.tell('berlin', 'second', false)
  await one.tell('berlin', 'third', true)
  expect(await left()).toBe('usable')
  await one.tell('berlin', 'second', true)
  expect(await left()).toMatch(/berlin failed at several sites and is left alone for another (300|299) s/)
  await client.hset('test:{exit berlin}:state', 'till', 0)
  for (const site of ['a', 'b', 'c']) await one.tell('berlin', site, true)
  expect(await left()).toMatch(/another (600|599) s/)
})
