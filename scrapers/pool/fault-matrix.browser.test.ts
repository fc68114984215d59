/** The fault matrix against real servers and a real Chromium: every case is judged right, and the same when judged again. */
import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FieldEvent, type RunEvent, connect } from '../../engine/index.ts'
import { findChromium } from '../../launch/chromium.ts'
import { type TestRedis, startRedis } from '../../test/harness/redis.ts'
import { redisGate } from '../politeness/redis-gate.ts'
import { run } from '../run.ts'
import type { RunWorld } from '../run-world.ts'
import { startFaultExits } from './fault-exit.fixture.ts'
import { FAULTS } from './fault-matrix.fixture.ts'
import { type Fault, bankOf } from './fault.fixture.ts'
import { type FaultSite, startFaultSite } from './fault-site.fixture.ts'
import { PATIENT } from './patient.fixture.ts'
import { type Pool, openPool } from './pool.ts'

/** Words that a browser reads no differently from another case's: they are judged without one (http/visit-html.redis.test.ts). */
const WORDS = new Set(
  [
    'the word captcha',
    'please enable JavaScript',
    '200 with a challenge form',
    'just a moment, 503',
    'Akamai',
    'HUMAN',
  ]
    .concat([
      'DataDome',
      'Imperva, 200',
      'Sucuri',
      'Kasada',
      'Cloudflare 1009',
      '403, later',
      '502',
      '503',
      '410',
    ])
    .concat(['a login page with 403', '403 without a body', '500 without a body', 'AWS challenge', '400'])
    .concat(['sent to a login in the frame of a shop', 'a part that one row lacks']),
)
const CASES = FAULTS.filter(({ name, as }) => as === undefined && !WORDS.has(name))

let site: FaultSite
let proxies: Awaited<ReturnType<typeof startFaultExits>>
let redis: TestRedis
let client: ReturnType<typeof connect>
const pools: Pool[] = []
const events = new Map<string, RunEvent>()
const fieldsOf = new WeakMap<RunEvent, FieldEvent[]>()

beforeAll(async () => {
  redis = await startRedis()
  client = connect(redis.url, 'commit')
  await client.connect()
  site = await startFaultSite(FAULTS.map(({ answer }) => answer))
  proxies = await startFaultExits()
  const executable = (await findChromium()).path
  const strict = await openPool({ executable, workers: 4, ...PATIENT })
  const lenient = await openPool({ executable, workers: 1, acceptInsecureCerts: true, ...PATIENT })
  pools.push(strict, lenient)
  const queue = FAULTS.map((fault, index) => ({ fault, index })).filter(({ fault }) => CASES.includes(fault))
  const next = async (): Promise<void> => {
    for (let one = queue.shift(); one; one = queue.shift()) {
      const pool = one.fault.at === 'soon' ? lenient : strict
      events.set(one.fault.name, await visited(one.fault, one.index, pool))
    }
  }
  await Promise.all(Array.from({ length: 5 }, next))
}, 300_000)
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.close(0)))
  await site?.close()
  proxies?.close()
  client?.disconnect()
  await redis?.stop()
})

async function visited(fault: Fault, index: number, pool: Pool): Promise<RunEvent> {
  const published: RunEvent[] = []
  const world: RunWorld = {
    gate: redisGate(client, 'test', () => performance.now()),
    exits: proxies.exits,
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
  const made = bankOf(fault, site.url(index, fault.at), `case-${index}`)
  const event = await run(made, 'v1', world)
  expect(published).toEqual([event])
  return event
}

test.each(CASES.map(({ name, expected }) => [name, expected]))('%s is %s', (name, expected) => {
  const { outcome, reason, detail } = events.get(name)!
  expect(`${outcome}.${reason}: ${detail}`).toMatch(new RegExp(`^${expected}:`))
})

test('there are plenty of cases, and every outcome of a visit is among them', () => {
  expect(CASES.length).toBeGreaterThanOrEqual(60)
  expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length)
  const seen = new Set([...events.values()].map(({ outcome }) => outcome))
  expect([...seen].toSorted()).toEqual(
    ['absent', 'auth_failed', 'blocked', 'crashed', 'invalid_data', 'layout_changed', 'ok', 'partial'].concat(
      ['proxy_failed', 'rate_limited', 'site_down', 'skipped'],
    ),
  )
})

test('a good page is read, timed and told by its fields', () => {
  const event = events.get('good')!
  expect(event).toMatchObject({ status: 200, right: true, missing: [], version: 'v1', redirects: 0 })
  expect(event.present).toEqual(['balance', 'iban', 'transactions'])
  expect(JSON.parse(event.data!)).toEqual({ balance: 1234.56, iban: 'X1', transactions: ['a', 'b'] })
  expect(event.responseMs).toBeGreaterThan(0)
  expect(event.firstByteMs).toBeGreaterThanOrEqual(event.responseMs!)
  expect(events.get('moved on the same site')!.redirects).toBe(1)
  expect(events.get('a certificate that ends in 5 days')).toMatchObject({ certDays: 5, right: true })
  expect(events.get('a certificate that ends in 5 days')!.tlsMs).toBeGreaterThan(0)
})

test('a browser comes in where scripts are missing, and never where the site has answered', () => {
  const via = (name: string) => events.get(name)!.via
  expect(via('good')).toBe('browser')
  expect(via('good, without a browser')).toBe('http')
  expect(via('filled in by a script, so a browser looks')).toBe('fallback')
  expect(via('renamed, as the browser says as well')).toBe('fallback')
  expect(via('a challenge is an answer')).toBe('http')
  expect(via('a login page is an answer')).toBe('http')
})

test('a renamed element names its field', () => {
  const event = events.get('renamed')!
  expect(event.missing).toEqual(['balance'])
  expect(event.detail).toBe('balance: nothing matches "#balance"')
  const told = fieldsOf.get(event)!.map(({ field, state, detail }) => [field, state, detail])
  expect(told).toEqual([
    ['balance', 'missing', 'nothing matches "#balance"'],
    ['iban', 'ok', ''],
    ['transactions', 'ok', ''],
  ])
})

test('a tab that crashes, a browser that dies and one that never starts are ours', async () => {
  const [, lenient] = pools
  const browser = () => lenient!.pids[0]!
  const dying = await startFaultSite([
    ({ html }) => (html('<h1>Accounts</h1>'), setTimeout(() => renderersOf(browser()).forEach(kill), 50)),
    () => kill(browser()),
  ])
  const executable = ''
  const launch = () => Promise.reject(new Error('no'))
  const none = await openPool({ executable, patience: 50, launch })
  const mine = site
  try {
    site = dying
    const fault = { name: '', expected: '', answer: () => undefined, settle: '10s' }
    const ends: string[] = []
    for (const [index, pool] of [lenient!, lenient!, none].entries()) {
      const { outcome, reason } = await visited(fault, index, pool)
      ends.push(`${outcome}.${reason}`)
    }
    expect(ends).toEqual(['crashed.page', 'crashed.browser', 'crashed.launch'])
  } finally {
    site = mine
    await dying.close()
    await none.close(0)
  }
})

function kill(pid: number): void {
  process.kill(pid, 'SIGKILL')
}

/** Processes of pages, all in the group that their browser leads. */
function renderersOf(browser: number): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,pgid=,args='], { encoding: 'utf8' })
  return stdout.split('\n').flatMap((line) => {
    const [, pid, group, args = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? []
    return Number(group) === browser && args.includes('--type=renderer') ? [Number(pid)] : []
  })
}
