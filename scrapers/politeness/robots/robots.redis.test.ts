/** Robots.txt before a visit: asked once for all processes, in a turn of its own, remembered while a site is silent. */
import { type RequestListener, type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type RunEvent, connect, openBlocks, robotsKey, siteKeys } from '../../../engine/index.ts'
import { type TestRedis, startRedis } from '../../../test/harness/redis.ts'
import { check, type CheckOptions } from '../../index.ts'
import { run } from '../../run.ts'
import type { RunWorld } from '../../run-world.ts'
import { redisGate } from '../redis-gate.ts'

let redis: TestRedis
let client: Redis
let server: Server
let port: number
let count = 0
let host: string
let robots: RequestListener
let asked: { path: string; at: number }[]

beforeAll(async () => {
  redis = await startRedis()
  client = connect(redis.url, 'commit')
  await client.connect()
  server = createServer((request, response) => {
    asked.push({ path: request.url!, at: performance.now() })
    if (request.url === '/robots.txt') robots(request, response)
    else if (request.url === '/blocked') response.writeHead(403).end()
    else response.end('ok')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
beforeEach(() => {
  host = `site-${(count += 1)}.localhost:${port}`
  asked = []
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  client.disconnect()
  await redis.stop()
})

const text =
  (body: string): RequestListener =>
  (_, response) =>
    response.end(body)
const status =
  (code: number, headers = {}): RequestListener =>
  (_, response) =>
    response.writeHead(code, headers).end('<p>User-agent: nobody</p>')

/** A process of its own: nothing is at hand yet. */
function newWorld(): RunWorld {
  return {
    gate: redisGate(client, 'test', () => performance.now()),
    pool: null,
    now: Date.now,
    sleep: (ms) => sleep(ms),
    publish: async () => undefined,
    publishRows: async () => undefined,
    hostsRemapped: false,
  }
}

function visit(path: string, more: Partial<CheckOptions> = {}, world = newWorld()): Promise<RunEvent> {
  const url = `http://${host}${path}`
  return run(check('c', { url, every: '1m', local: true, robots: 'obey', ...more }), 'v1', world)
}
const verdict = async (...given: Parameters<typeof visit>) => {
  const { outcome, reason } = await visit(...given)
  return `${outcome}.${reason}`
}
const paths = () => asked.map(({ path }) => path)
const expire = () => client.hset(robotsKey('test', `http://${host}`), 'till', 0)

test('what is not allowed is not visited; twelve processes ask once', async () => {
  robots = (_, response) => setTimeout(() => response.end('User-agent: *\nDisallow: /private'), 50)
  const found = await Promise.all(Array.from({ length: 12 }, () => verdict('/private/x')))
  expect(new Set(found)).toEqual(new Set(['skipped.robots']))
  expect(paths()).toEqual(['/robots.txt'])
  expect(await verdict('/public')).toBe('ok.all_valid')
  expect(paths()).toEqual(['/robots.txt', '/public'])
  expect((await visit('/private')).detail).toBe(`http://${host}/robots.txt does not allow it`)
  expect(await verdict('/private', { robots: 'ignore: our own site' })).toBe('ok.all_valid')
})

test('no file is no rule', async () => {
  robots = status(404)
  expect(await verdict('/x')).toBe('ok.all_valid')
  robots = status(500)
  expect(await verdict('/x')).toBe('ok.all_valid')
  expect(paths()).toEqual(['/robots.txt', '/x', '/x'])
})

test('a site that cannot say allows nothing: the run that asked says what it met, the others stay away', async () => {
  robots = status(503)
  expect(await visit('/x')).toMatchObject({
    outcome: 'site_down',
    reason: 'http5xx',
    exit: 'direct',
    status: 503,
  })
  expect(await verdict('/x')).toBe('skipped.robots')
  expect(paths()).toEqual(['/robots.txt'])
  robots = (request) => request.socket.destroy()
  await expire()
  expect(await verdict('/x')).toBe('site_down.reset')
  robots = status(429, { 'retry-after': '600' })
  await expire()
  expect(await verdict('/x')).toBe('rate_limited.429')
  expect(await verdict('/x', { robots: 'ignore: our own site' })).toBe('skipped.hold')
  const ledger = openBlocks(redis.url, 'test')
  expect((await ledger.list({ site: host, from: 0, limit: 9 })).blocks).toMatchObject([
    { outcome: 'rate_limited' },
  ])
  await ledger.close()
})

test('rules of before hold while a site is silent', async () => {
  robots = text('User-agent: weir\nDisallow: /private')
  expect(await verdict('/x')).toBe('ok.all_valid')
  robots = status(503)
  await expire()
  expect(await verdict('/x')).toBe('ok.all_valid')
  expect(await verdict('/private')).toBe('skipped.robots')
  expect(paths()).toEqual(['/robots.txt', '/x', '/robots.txt', '/x'])
  const left = Number(await client.hget(robotsKey('test', `http://${host}`), 'till')) - Date.now()
  expect(left).toBeGreaterThan(50 * 60_000)
})

test('a crawl delay is the shortest time between two visits, that of robots.txt itself included', async () => {
  robots = text('User-agent: *\nCrawl-delay: 0.6\n')
  const world = newWorld()
  for (let i = 0; i < 3; i += 1) expect(await verdict('/x', {}, world)).toBe('ok.all_valid')
  const gaps = asked.slice(1).map(({ at }, i) => at - asked[i]!.at)
  expect(paths()).toEqual(['/robots.txt', '/x', '/x', '/x'])
  // A turn may be used within half of the time to the next one.
  for (const gap of gaps) expect(gap).toBeGreaterThan(200)
})

test('it is asked through the same guard, and a redirect into the private network is followed by nobody', async () => {
  robots = status(302, { location: 'http://169.254.169.254/robots.txt' })
  expect(await verdict('/x')).toMatch(/\.private_target$/)
  robots = status(302, { location: '/robots.txt' })
  await expire()
  expect(await verdict('/x')).toBe('ok.all_valid')
})

test('a block is in the ledger as the run saw it, and the others stay away', async () => {
  robots = status(404)
  const event = await visit('/blocked')
  expect(event).toMatchObject({ outcome: 'blocked', reason: 'forbidden', exit: 'direct' })
  expect(await verdict('/x')).toBe('skipped.blocked')
  const ledger = openBlocks(redis.url, 'test')
  const {
    blocks: [block, ...more],
  } = await ledger.list({ site: host, from: 0, limit: 9 })
  expect(block).toMatchObject({
    scraper: 'c',
    exit: 'direct',
    reason: 'forbidden',
    detail: event.detail,
    strikes: 1,
  })
  expect(more).toEqual([])
  await ledger.close()
})

test('a proxy that is gone before it could be used keeps no turn, and the next run asks', async () => {
  robots = text('')
  const site = check('bank', { url: `http://${host}/`, every: '1h', local: true, robots: 'obey' })
  const gone = {
    candidates: async () => ['berlin'],
    upstream: (): never => {
      throw new Error('there is no proxy berlin any more')
    },
    tell: async () => undefined,
  }
  const ended = await run(site, 'v1', { ...newWorld(), exits: gone })
  expect(ended).toMatchObject({
    outcome: 'skipped',
    reason: 'no_proxy',
    detail: expect.stringContaining('no proxy berlin any more') as string,
  })
  expect(await client.zcard(siteKeys('test', site.site).leases)).toBe(0)
  expect(await run(site, 'v1', newWorld())).toMatchObject({ outcome: 'ok' })
  expect(asked.map(({ path }) => path)).toEqual(['/robots.txt', '/'])
})
