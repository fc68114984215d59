/** A real browser against a real site that misbehaves: each way ends in the right outcome. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FieldEvent, type RunEvent, connect } from '../../engine/index.ts'
import { findChromium } from '../../launch/chromium.ts'
import { list, money, scraper } from '../index.ts'
import { redisGate } from '../politeness/redis-gate.ts'
import { type RunWorld, run } from '../run.ts'
import { type TestRedis, startRedis } from '../../test/harness/redis.ts'
import { type HostileSite, startHostileSite } from './hostile.fixture.ts'
import { type Pool, openPool } from './pool.ts'

let site: HostileSite
let pool: Pool
let redis: TestRedis
let client: ReturnType<typeof connect>

beforeAll(async () => {
  redis = await startRedis()
  client = connect(redis.url, 'commit')
  await client.connect()
  site = await startHostileSite()
  pool = await openPool({ executable: (await findChromium()).path, workers: 3 })
})
afterAll(async () => {
  await pool?.close()
  await site?.close()
  client?.disconnect()
  await redis?.stop()
})

const cases: [string, string][] = [
  ['/good', 'ok.all_valid'],
  ['/late', 'ok.all_valid'],
  ['/slow', 'ok.all_valid'],
  ['/dialog', 'ok.all_valid'],
  ['/popups', 'ok.all_valid'],
  ['/tampering', 'ok.all_valid'],
  ['/clobbered', 'ok.all_valid'],
  ['/huge', 'ok.all_valid'],
  ['/to-private', 'crashed.private_target'],
  ['/script-to-private', 'crashed.private_target'],
  ['/forbidden-with-content', 'ok.all_valid'],
  ['/hang', 'site_down.timeout'],
  ['/reset', 'site_down.reset'],
  ['/truncated', 'site_down.truncated'],
  // Which limit strikes first, bytes or time, is the machine's speed.
  ['/endless', 'site_down.(bad_response|timeout)'],
  ['/busy', 'crashed.hung'],
  ['/circle', 'site_down.redirect_loop'],
  ['/broken', 'site_down.http5xx'],
  ['/throttled', 'rate_limited.429'],
  ['/challenge', 'blocked.challenge'],
  ['/challenge-200', 'blocked.challenge'],
  ['/login', 'auth_failed.login'],
  ['/to-login', 'auth_failed.login'],
  ['/elsewhere', 'layout_changed.redirected'],
  ['/empty', 'absent.marker'],
  ['/empty-our-fault', 'layout_changed.selector'],
  ['/renamed', 'layout_changed.selector'],
  ['/nonsense', 'invalid_data.schema'],
  ['/implausible', 'invalid_data.sane'],
  ['/gone', 'absent.404'],
  ['/download', 'layout_changed.identity'],
  ['/nothing', 'layout_changed.identity'],
]

test.concurrent.each(cases)('%s is %s', async (path, expected) => {
  const event = await visitPath(path)
  expect(`${event.outcome}.${event.reason}: ${event.detail}`).toMatch(new RegExp(`^${expected}:`))
})

test('a good page is read, timed and told by its fields', async () => {
  const event = await visitPath('/good')
  expect(event).toMatchObject({
    status: 200,
    right: true,
    present: ['balance', 'transactions'],
    missing: [],
    version: 'v1',
  })
  expect(JSON.parse(event.data!)).toEqual({ balance: 1234.56, transactions: ['a', 'b'] })
  expect(event.responseMs).toBeGreaterThan(0)
})

test('a private address is refused before anything is sent', async () => {
  const event = await visitPath('/good', { local: false })
  expect(event).toMatchObject({ outcome: 'skipped', reason: 'private_target', right: false })
})

test('a renamed element names its field', async () => {
  const event = await visitPath('/renamed')
  expect(event.missing).toEqual(['balance'])
  expect(event.detail).toBe('balance: nothing matches "#balance"')
  const told = fieldsOf.get(event)!.map(({ field, state, detail }) => [field, state, detail])
  expect(told).toEqual([
    ['balance', 'missing', 'nothing matches "#balance"'],
    ['transactions', 'ok', ''],
  ])
})

/** What each run told of its fields. */
const fieldsOf = new WeakMap<RunEvent, FieldEvent[]>()

async function visitPath(path: string, more: { local?: boolean } = {}): Promise<RunEvent> {
  const published: RunEvent[] = []
  const world: RunWorld = {
    gate: redisGate(client, 'test', () => performance.now()),
    pool,
    now: Date.now,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    publish: async (event, fields) => {
      published.push(event)
      fieldsOf.set(event, fields)
    },
    publishRows: async () => undefined,
    hostsRemapped: false,
  }
  const made = scraper('bank', {
    visit: site.url(path),
    every: '1m',
    local: true,
    // What one page asks for is no matter of the others.
    site: path.slice(1),
    is: ['h1 = Accounts', 'title ~ North'],
    read: {
      balance: money('#balance'),
      transactions: list('li.tx', { absentWhen: 'No transactions yet' }),
    },
    sane: ({ balance }) => balance < 1e9 || 'balance above a billion',
    timeout: path === '/hang' || path === '/busy' ? '3s' : '10s',
    ...more,
  })
  const event = await run(made, 'v1', world)
  expect(published).toEqual([event])
  return event
}
