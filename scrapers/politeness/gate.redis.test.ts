/** The gate on a real Redis: every reason to refuse, one probe, and the limit of a site as its own log shows it. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  type BlockAbout,
  type Outcome,
  connect,
  openBlocks,
  openHolds,
  siteKeys,
} from '../../engine/index.ts'
import { type TestRedis, startRedis } from '../../test/harness/redis.ts'
import { createVisits } from '../visits.ts'
import type { Gate, Visit, Wish } from './gate.ts'
import { redisGate } from './redis-gate.ts'
import { takeTurn } from './turn.ts'
import { visitOnWorker } from './worker-turn.ts'

let redis: TestRedis
let client: Redis
let gate: Gate
let site: string
let count = 0
const mono = () => performance.now()
const clock = { mono, sleep: (ms: number) => sleep(ms), random: Math.random }
const HOME = { first: 15_000, longest: 60_000 }

beforeAll(async () => {
  redis = await startRedis()
  client = connect(redis.url, 'commit')
  await client.connect()
  gate = redisGate(client, 'test', mono)
})
beforeEach(() => (site = `site-${(count += 1)}.example`))
afterAll(async () => {
  client.disconnect()
  await redis.stop()
})

function visit(more: Partial<Visit> = {}): Visit {
  const limits = { minDelay: 0, concurrency: 0, budget: 0 }
  return { site, token: randomUUID(), ...limits, lease: 30_000, exits: ['direct'], ...more }
}

async function told(
  outcome: Outcome,
  {
    wish = null,
    coolDown = HOME,
    of,
    exit = 'direct',
  }: { wish?: Wish | null; coolDown?: typeof HOME; of?: Visit; exit?: string } = {},
) {
  const away = outcome === 'blocked' || outcome === 'rate_limited'
  const about = { scraper: 'bank', exit, reason: 'challenge', detail: 'says no', url: 'https://x.example/' }
  const block: BlockAbout | null = away ? { ...about, outcome } : null
  return (await gate.report(of ?? visit(), { outcome, wish, exit, coolDown, block }))!
}

/** How long the site is left alone, s, and why. */
async function refused(more: Partial<Visit> = {}): Promise<string | null> {
  const answer = await gate.admit(visit(more))
  if (answer.go) return null
  const [seconds, micros] = await client.time()
  const left = answer.until - (Number(seconds) * 1000 + Number(micros) / 1000)
  return `${answer.reason} ${Math.round(left / 1000)} s`
}

const field = (name: string) => client.hget(siteKeys('test', site).gate, name)

describe('turns', () => {
  /** When each turn is, counted from the first question, to the next half second: a busy machine asks slowly. */
  const waits = async (...all: number[]) => {
    const found = []
    const begun = mono()
    for (const minDelay of all) {
      const since = mono() - begun
      const one = await gate.admit(visit({ minDelay }))
      found.push(one.go ? Math.round((since + one.wait) / 500) * 500 : one.reason)
    }
    return found
  }
  test('are one delay apart, and other sites go at once', async () => {
    expect(await waits(1000, 1000, 1000)).toEqual([0, 1000, 2000])
    site = 'elsewhere.example'
    expect(await waits(1000)).toEqual([0])
  })
  test('of two scrapers are the longer of their delays apart, whoever comes first', async () => {
    expect(await waits(5000, 100)).toEqual([0, 5000])
    site += 'x'
    expect(await waits(100, 5000)).toEqual([0, 5000])
  })
  test('beyond a minute are refused, and take nothing', async () => {
    expect(await waits(25_000, 25_000, 25_000, 25_000, 25_000)).toEqual([
      0,
      25_000,
      50_000,
      'no_permit',
      'no_permit',
    ])
  })
  test('booked by a clock that was set back since are void', async () => {
    await waits(1000)
    const ahead = (Date.now() + 3_600_000) * 1000
    await client.hset(siteKeys('test', site).gate, 'slot', ahead)
    expect(await waits(1000, 1000)).toEqual([1000, 2000])
  })
  test('that went by are booked anew: what waited too long does not go', async () => {
    const first = await takeTurn(gate, visit({ minDelay: 40 }), clock)
    expect(first).not.toHaveProperty('go')
    let late = true
    const slow = { ...clock, sleep: (ms: number) => sleep(late ? ((late = false), 300) : ms) }
    const booked = mono()
    const turn = await takeTurn(gate, visit({ minDelay: 40 }), slow)
    expect(turn).toMatchObject({ exit: 'direct' })
    expect(mono() - booked).toBeGreaterThan(300)
    expect('at' in turn && mono() - turn.at).toBeLessThan(150)
  })
})

describe('holds', () => {
  test('a site is left alone for as long as it asks, and no shorter answer changes that', async () => {
    const week = 60 * 86_400
    await told('rate_limited', { wish: { for: week * 1000 } })
    await told('rate_limited', { wish: { for: 5000 } })
    await told('ok')
    expect(await refused()).toBe(`hold ${week} s`)
  })
  test('until the time it names', async () => {
    await told('site_down', { wish: { until: Date.now() + 30_000 } })
    expect(await refused()).toBe('hold 30 s')
  })
  test('who waits for a turn hears of a hold that came meanwhile, and another does not get its place', async () => {
    await gate.admit(visit({ minDelay: 300 }))
    const waiting = takeTurn(gate, visit({ minDelay: 300, concurrency: 2 }), clock)
    await sleep(100)
    await told('rate_limited', { wish: { for: 60_000 } })
    expect(await waiting).toMatchObject({
      go: false,
      reason: 'hold',
      detail: expect.stringContaining('asked for it') as string,
    })
    expect(await client.zcard(siteKeys('test', site).leases)).toBe(1)
  })
  test('who waits for a worker hears of a hold that came meanwhile, whatever its rate', async () => {
    const turn = await takeTurn(gate, visit({ concurrency: 2 }), clock)
    if ('go' in turn) throw new Error(turn.detail)
    const visited = await visitOnWorker(
      gate,
      turn,
      clock,
      async (job) => {
        await told('rate_limited', { wish: { for: 60_000 } })
        await sleep(50)
        return job('worker')
      },
      async () => 'a visit',
    )
    expect(visited).toMatchObject({ go: false, reason: 'hold' })
    expect(await client.zcard(siteKeys('test', site).leases)).toBe(0)
  })
  test('who misses its turn on a worker leaves it to others until the next one is near', async () => {
    let skew = 0
    // Sleeps take no time, and the first one in the job far more than it should.
    let late = 0
    const quick = {
      ...clock,
      mono: () => mono() + skew,
      sleep: async (ms: number) => void (skew += ms + late),
    }
    const [v, stays] = [visit({ minDelay: 4000 }), [] as number[]]
    await gate.admit(visit({ minDelay: 4000 }))
    await gate.admit(v)
    const at = quick.mono() + 500
    const visited = await visitOnWorker(
      gate,
      { visit: v, exit: 'direct', at, until: at + 100 },
      quick,
      async (job) => {
        const begun = quick.mono()
        late = stays.length === 0 ? 300 : 0
        return job('worker').finally(() => stays.push(quick.mono() - begun))
      },
      async () => 'a visit',
    )
    expect(visited).toEqual({ done: 'a visit' })
    expect(stays.length).toBeGreaterThan(1)
    expect(Math.max(...stays)).toBeLessThan(1500)
  })
  test('what a visit holds is given back where nobody can say whether it may go on', async () => {
    const v = visit({ minDelay: 100 })
    await gate.admit(visit({ minDelay: 100 }))
    const deaf = { ...gate, held: () => Promise.reject(new Error('away')) }
    await expect(takeTurn(deaf, v, clock)).rejects.toThrow('away')
    expect(await client.zscore(siteKeys('test', site).leases, v.token)).toBeNull()
  })
  test('throttling without a time is a minute; each time turns are twice as far apart, and slowly nearer again', async () => {
    await told('rate_limited')
    expect(await refused()).toBe('hold 60 s')
    expect(Number(await field('mult'))).toBe(2)
    for (let i = 0; i < 9; i += 1) await told('rate_limited')
    expect(Number(await field('mult'))).toBe(64)
    await told('ok')
    expect(Number(await field('mult'))).toBeCloseTo(60.8)
    await client.hset(siteKeys('test', site).gate, 'hold', 0, 'mult', 2)
    expect(await gate.admit(visit({ minDelay: 100 }))).toMatchObject({ go: true, keeps: 1000 })
  })
})

describe('the circuit breaker', () => {
  test('opens when a site is down five times in a row, for longer each time, and one visit finds out', async () => {
    for (let i = 0; i < 4; i += 1) await told('site_down')
    await told('partial')
    for (let i = 0; i < 4; i += 1) await told('site_down')
    expect(await refused()).toBeNull()
    await told('site_down')
    expect(await refused()).toBe('breaker 5 s')
    for (const seconds of [10, 20, 40, 60, 60]) {
      await client.hset(siteKeys('test', site).gate, 'till', 0)
      const probe = visit()
      expect(await gate.admit(probe)).toMatchObject({ go: true, probe: true })
      expect(await refused()).toBe('breaker 30 s')
      await told('site_down', { of: probe })
      expect(await refused()).toBe(`breaker ${seconds} s`)
    }
  })
  test('closes with the first good answer of the probe, and with nobody else’s', async () => {
    for (let i = 0; i < 5; i += 1) await told('site_down')
    await told('ok')
    expect(await refused()).toBe('breaker 5 s')
    await client.hset(siteKeys('test', site).gate, 'till', 0)
    const probe = visit()
    await gate.admit(probe)
    await told('crashed', { of: probe })
    const next = visit()
    expect(await gate.admit(next)).toMatchObject({ probe: true })
    await told('layout_changed', { of: next })
    expect(await gate.admit(visit())).toMatchObject({ go: true, probe: false })
  })
  test('half open, exactly one of many that ask at once goes', async () => {
    for (let i = 0; i < 5; i += 1) await told('site_down')
    await client.hset(siteKeys('test', site).gate, 'till', 0)
    const clients = Array.from({ length: 12 }, () => connect(redis.url, 'commit'))
    await Promise.all(clients.map((each) => each.connect()))
    const gates = clients.map((each) => redisGate(each, 'test', mono))
    const answers = await Promise.all(
      gates.flatMap((each) => Array.from({ length: 20 }, () => each.admit(visit()))),
    )
    for (const each of clients) each.disconnect()
    expect(answers.filter(({ go }) => go)).toMatchObject([{ probe: true }])
  })
  test('a probe that died makes room for the next', async () => {
    for (let i = 0; i < 5; i += 1) await told('site_down')
    await client.hset(siteKeys('test', site).gate, 'till', 0)
    await gate.admit(visit({ lease: 300 }))
    expect(await refused()).toMatch(/^breaker/)
    await sleep(330)
    expect(await gate.admit(visit())).toMatchObject({ go: true, probe: true })
  })
})

describe('a block', () => {
  test('keeps everybody away for longer each time, and counts once for visits under way together', async () => {
    const away = { first: 300_000, longest: 21_600_000 }
    expect(await told('blocked', { coolDown: away })).toMatchObject({ strikes: 1 })
    expect(await told('blocked', { coolDown: away })).toMatchObject({ strikes: 1 })
    expect(await refused()).toBe('blocked 300 s')
    const found = []
    for (let i = 0; i < 8; i += 1) {
      await client.hset(siteKeys('test', site).gate, 'till', 0)
      const probe = visit()
      await gate.admit(probe)
      const { at, until } = await told('blocked', { coolDown: away, of: probe })
      found.push((until! - at) / 60_000)
    }
    expect(found).toEqual([10, 20, 40, 80, 160, 320, 360, 360])
    await client.hset(siteKeys('test', site).gate, 'till', 0)
    const probe = visit()
    await gate.admit(probe)
    await told('ok', { of: probe })
    expect(await refused()).toBeNull()
  })
})

describe('the ledger', () => {
  test('has every block of every site, newest first, by site, exit and time; and long wishes', async () => {
    const first = site
    await told('blocked', { exit: 'berlin' })
    const at = (await told('blocked')).at
    await sleep(5)
    site = `${first}.other`
    await told('rate_limited', { wish: { for: 299_000 } })
    await told('rate_limited', { wish: { for: 3_600_000 } })
    const ledger = openBlocks(redis.url, 'test')
    const { blocks: all } = await ledger.list({ from: 0, limit: 3 })
    expect(all.map((block) => [block.site, block.exit, block.outcome])).toEqual([
      [site, 'direct', 'rate_limited'],
      [first, 'direct', 'blocked'],
      [first, 'berlin', 'blocked'],
    ])
    expect(all[0]!.until - all[0]!.at).toBe(3_600_000)
    expect(all[1]).toMatchObject({
      at,
      until: at + 15_000 - (at - all[2]!.at),
      strikes: 1,
      detail: 'says no',
    })
    const found = async (query: object) => (await ledger.list({ from: 0, limit: 9, ...query })).blocks.length
    expect(await found({ site: first })).toBe(2)
    expect(await found({ site: first, exit: 'berlin' })).toBe(1)
    expect(await found({ site: first, from: at + 1 })).toBe(0)
    expect(await found({ from: at + 1, exit: 'direct' })).toBe(1)
    expect(await found({ site: 'never.example' })).toBe(0)
    await ledger.close()
  })
  test('keeps the newest of a site', async () => {
    for (let i = 0; i < 205; i += 1) await told('blocked')
    const { blocks } = siteKeys('test', site)
    expect(await client.xlen(blocks)).toBe(200)
    expect(await client.pttl(blocks)).toBeGreaterThan(29 * 86_400_000)
  })
})

describe('people', () => {
  test('see what is held for years and lift it, with a word on who did; a block is lifted for one visit first', async () => {
    const [holds, ledger] = [openHolds(redis.url, 'test'), openBlocks(redis.url, 'test')]
    const first = site
    const years = 20 * 365 * 86_400_000
    await told('site_down', { wish: { until: Date.now() + years } })
    await told('rate_limited', { wish: { for: 600_000 } })
    site = `${first}.other`
    await told('blocked', { coolDown: { first: 300_000, longest: 600_000 } })
    const listed = (await holds.list({ limit: 9999 })).filter((hold) => hold.site.startsWith(first))
    expect(listed).toMatchObject([
      { site: first, reason: 'hold', asked: true },
      { site, reason: 'blocked', asked: false },
    ])
    expect(listed[0]!.until - Date.now()).toBeGreaterThan(years - 60_000)

    const lifted = await holds.lift(site, 'ann')
    expect(lifted).toMatchObject({ ...listed[1], lifted: { by: 'ann' } })
    expect(await gate.admit(visit())).toMatchObject({ go: true, probe: true })
    expect(await refused()).toMatch(/^blocked/)
    const { blocks } = await ledger.list({ site, from: 0, limit: 9 })
    expect(blocks).toMatchObject([{ until: lifted!.lifted.at, lifted: lifted!.lifted }])
    site = first
    expect(await refused()).toMatch(/^hold/)
    await holds.lift(site, 'bob')
    expect(await refused()).toBeNull()
    expect(await holds.lift(site, 'bob')).toBeNull()
    expect(await holds.list({ site, limit: 9 })).toEqual([])
    await told('rate_limited', { wish: { for: 600_000 } })
    expect(await refused()).toMatch(/^hold/)
    expect((await ledger.list({ site, from: 0, limit: 1 })).blocks[0]).not.toHaveProperty('lifted')
    holds.close()
    await ledger.close()
  })
})

describe('limits', () => {
  test('as many at once as may be; dead ones leave by themselves', async () => {
    const first = visit({ concurrency: 2 })
    expect(await gate.admit(first)).toMatchObject({ go: true })
    expect(await gate.admit(visit({ concurrency: 2, lease: 100 }))).toMatchObject({ go: true })
    expect(await gate.admit(visit({ concurrency: 2 }))).toMatchObject({ reason: 'no_permit', busy: true })
    await sleep(130)
    expect(await gate.admit(visit({ concurrency: 2 }))).toMatchObject({ go: true })
    expect(await refused({ concurrency: 2 })).toMatch(/^no_permit/)
    const waiting = takeTurn(gate, visit({ concurrency: 2 }), clock)
    await told('ok', { of: first })
    expect(await waiting).toMatchObject({ exit: 'direct' })
  })
  test('who waits for a turn when all is to stop gives it back, who is at the site finishes', async () => {
    const visits = createVisits(gate)
    const [first, second] = [visit({ minDelay: 5000 }), visit({ minDelay: 5000, concurrency: 2 })]
    let leave = (): void => undefined
    const there = visits.during('http', async (visiting) => {
      expect(await takeTurn(visiting.gate, first, { ...clock, ...visiting })).toMatchObject({
        exit: 'direct',
      })
      await new Promise<void>((resolve) => (leave = resolve))
      return 'finished'
    })
    await expect.poll(() => client.zcard(siteKeys('test', site).leases)).toBe(1)
    void visits.during('http', (visiting) => takeTurn(visiting.gate, second, { ...clock, ...visiting }))
    await expect.poll(() => visits.waiting.http).toBe(1)
    const stopped = visits.stop(10_000)
    await expect.poll(() => client.zrange(siteKeys('test', site).leases, 0, '-1')).toEqual([first.token])
    leave()
    await stopped
    expect(await there).toBe('finished')
    expect(await client.zcard(siteKeys('test', site).leases)).toBe(1)
  })
  test('so many in any hour', async () => {
    for (let i = 0; i < 3; i += 1) expect(await refused({ budget: 3 })).toBeNull()
    expect(await refused({ budget: 3 })).toMatch(/^budget 3[6-9]\d\d s$/)
    const old = Math.floor(Date.now() / 300_000)
    await client.hset(siteKeys('test', site).gate, 'spent', `${old - 13}:2 ${old - 12}:1`)
    expect(await refused({ budget: 2 })).toBeNull()
    expect(await refused({ budget: 2 })).toMatch(/^budget \d{1,3} s$/)
  })
  test('without an exit that may be used nobody goes direct', async () => {
    const exits = ['proxy-a', 'proxy-b']
    await told('proxy_failed', { exit: 'proxy-a' })
    expect(await gate.admit(visit({ exits }))).toMatchObject({ go: true, exit: 'proxy-b' })
    await told('proxy_failed', { exit: 'proxy-b' })
    expect(await refused({ exits })).toBe('no_proxy 300 s')
  })
})

test('what Redis could not be told is told later, in order and once, and until then nobody goes there from here', async () => {
  const server = await startRedis()
  const own = connect(server.url, 'commit')
  await own.connect()
  const lonely = redisGate(own, 'test', mono)
  const heard: unknown[] = []
  const script = own as unknown as { weirReport: (...args: unknown[]) => Promise<unknown> }
  const sent = script.weirReport.bind(own)
  script.weirReport = (...args) => sent(...args).then((reply) => (heard.push(args[4]), reply))
  await server.kill()
  const report = { wish: { for: 60_000 }, exit: 'direct', coolDown: HOME, block: null }
  const visits = [visit(), visit(), visit()]
  for (const each of visits)
    expect(await lonely.report(each, { outcome: 'rate_limited', ...report })).toBeNull()
  await expect(lonely.admit(visit())).rejects.toThrow()
  await server.restart()
  const together = () => Promise.all(visits.map(() => lonely.admit(visit()))).catch(() => null)
  await expect.poll(together).not.toBeNull()
  expect(heard).toEqual(visits.map(({ token }) => token))
  expect(await lonely.admit(visit())).toMatchObject({ go: false, reason: 'hold' })
  await lonely.close()
  own.disconnect()
  await server.stop()
})
