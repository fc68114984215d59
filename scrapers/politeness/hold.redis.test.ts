/** Why a site is left alone, on a real Redis: what it asks for, the circuit breaker and its one probe, blocks and their ledger. */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { connect, openBlocks, openHolds } from '../../engine/index.ts'
import { clock, mono, useGate } from './gate.fixture.ts'
import { redisGate } from './redis-gate.ts'
import { takeTurn } from './turn.ts'
import { visitOnWorker } from './worker-turn.ts'

const world = useGate()

describe('holds', () => {
  test('a site is left alone for as long as it asks, and no shorter answer changes that', async () => {
    const week = 60 * 86_400
    await world.told('rate_limited', { wish: { for: week * 1000 } })
    await world.told('rate_limited', { wish: { for: 5000 } })
    await world.told('ok')
    expect(await world.refused()).toBe(`hold ${week} s`)
  })
  test('until the time it names', async () => {
    await world.told('site_down', { wish: { until: Date.now() + 30_000 } })
    expect(await world.refused()).toBe('hold 30 s')
  })
  test('who waits for a turn hears of a hold that came meanwhile, and another does not get its place', async () => {
    await world.gate.admit(world.visit({ minDelay: 300 }))
    const waiting = takeTurn(world.gate, world.visit({ minDelay: 300, concurrency: 2 }), clock)
    await sleep(100)
    await world.told('rate_limited', { wish: { for: 60_000 } })
    expect(await waiting).toMatchObject({
      go: false,
      reason: 'hold',
      detail: expect.stringContaining('asked for it') as string,
    })
    expect(await world.client.zcard(world.keys.leases)).toBe(1)
  })
  test('who waits for a worker hears of a hold that came meanwhile, whatever its rate', async () => {
    const turn = await takeTurn(world.gate, world.visit({ concurrency: 2 }), clock)
    if ('go' in turn) throw new Error(turn.detail)
    const visited = await visitOnWorker(
      world.gate,
      turn,
      clock,
      async (job) => {
        await world.told('rate_limited', { wish: { for: 60_000 } })
        await sleep(50)
        return job('worker')
      },
      async () => 'a visit',
    )
    expect(visited).toMatchObject({ go: false, reason: 'hold' })
    expect(await world.client.zcard(world.keys.leases)).toBe(0)
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
    const [v, stays] = [world.visit({ minDelay: 4000 }), [] as number[]]
    await world.gate.admit(world.visit({ minDelay: 4000 }))
    await world.gate.admit(v)
    const at = quick.mono() + 500
    const visited = await visitOnWorker(
      world.gate,
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
    const v = world.visit({ minDelay: 100 })
    await world.gate.admit(world.visit({ minDelay: 100 }))
    const deaf = { ...world.gate, held: () => Promise.reject(new Error('away')) }
    await expect(takeTurn(deaf, v, clock)).rejects.toThrow('away')
    expect(await world.client.zscore(world.keys.leases, v.token)).toBeNull()
  })
  test('throttling without a time is a minute; each time turns are twice as far apart, and slowly nearer again', async () => {
    await world.told('rate_limited')
    expect(await world.refused()).toBe('hold 60 s')
    expect(Number(await world.field('mult'))).toBe(2)
    for (let i = 0; i < 9; i += 1) await world.told('rate_limited')
    expect(Number(await world.field('mult'))).toBe(64)
    await world.told('ok')
    expect(Number(await world.field('mult'))).toBeCloseTo(60.8)
    await world.client.hset(world.keys.gate, 'hold', 0, 'mult', 2)
    expect(await world.gate.admit(world.visit({ minDelay: 100 }))).toMatchObject({ go: true, keeps: 1000 })
  })
})

test('what was told and is told again counts once, whoever told something in between', async () => {
  const [first, second] = [world.visit(), world.visit()]
  for (const of of [first, second, first, second]) await world.told('rate_limited', { of })
  expect(Number(await world.field('mult'))).toBe(4)
})

describe('the circuit breaker', () => {
  test('opens when a site is down five times in a row, for longer each time, and one visit finds out', async () => {
    for (let i = 0; i < 4; i += 1) await world.told('site_down')
    await world.told('partial')
    for (let i = 0; i < 4; i += 1) await world.told('site_down')
    expect(await world.refused()).toBeNull()
    await world.told('site_down')
    expect(await world.refused()).toBe('breaker 5 s')
    for (const seconds of [10, 20, 40, 60, 60]) {
      await world.client.hset(world.keys.gate, 'till', 0)
      const probe = world.visit()
      expect(await world.gate.admit(probe)).toMatchObject({ go: true, probe: true })
      expect(await world.refused()).toBe('breaker 30 s')
      await world.told('site_down', { of: probe })
      expect(await world.refused()).toBe(`breaker ${seconds} s`)
    }
  })
  test('closes with the first good answer of the probe, and with nobody else’s', async () => {
    for (let i = 0; i < 5; i += 1) await world.told('site_down')
    await world.told('ok')
    expect(await world.refused()).toBe('breaker 5 s')
    await world.client.hset(world.keys.gate, 'till', 0)
    const probe = world.visit()
    await world.gate.admit(probe)
    await world.told('crashed', { of: probe })
    const next = world.visit()
    expect(await world.gate.admit(next)).toMatchObject({ probe: true })
    await world.told('layout_changed', { of: next })
    expect(await world.gate.admit(world.visit())).toMatchObject({ go: true, probe: false })
  })
  test('half open, exactly one of many that ask at once goes', async () => {
    for (let i = 0; i < 5; i += 1) await world.told('site_down')
    await world.client.hset(world.keys.gate, 'till', 0)
    const clients = Array.from({ length: 12 }, () => connect(world.redis.url, 'commit'))
    await Promise.all(clients.map((each) => each.connect()))
    const gates = clients.map((each) => redisGate(each, 'test', mono))
    const answers = await Promise.all(
      gates.flatMap((each) => Array.from({ length: 20 }, () => each.admit(world.visit()))),
    )
    for (const each of clients) each.disconnect()
    expect(answers.filter(({ go }) => go)).toMatchObject([{ probe: true }])
  })
  test('a probe that died makes room for the next', async () => {
    for (let i = 0; i < 5; i += 1) await world.told('site_down')
    await world.client.hset(world.keys.gate, 'till', 0)
    await world.gate.admit(world.visit({ lease: 300 }))
    expect(await world.refused()).toMatch(/^breaker/)
    await sleep(330)
    expect(await world.gate.admit(world.visit())).toMatchObject({ go: true, probe: true })
  })
})

describe('a block', () => {
  test('keeps everybody away for longer each time, and counts once for visits under way together', async () => {
    const away = { first: 300_000, longest: 21_600_000 }
    expect(await world.told('blocked', { coolDown: away })).toMatchObject({ strikes: 1 })
    expect(await world.told('blocked', { coolDown: away })).toMatchObject({ strikes: 1 })
    expect(await world.refused()).toBe('blocked 300 s')
    const found = []
    for (let i = 0; i < 8; i += 1) {
      await world.client.hset(world.keys.gate, 'till', 0)
      const probe = world.visit()
      await world.gate.admit(probe)
      const { at, until } = await world.told('blocked', { coolDown: away, of: probe })
      found.push((until! - at) / 60_000)
    }
    expect(found).toEqual([10, 20, 40, 80, 160, 320, 360, 360])
    await world.client.hset(world.keys.gate, 'till', 0)
    const probe = world.visit()
    await world.gate.admit(probe)
    await world.told('ok', { of: probe })
    expect(await world.refused()).toBeNull()
  })
})

describe('the ledger', () => {
  test('has every block of every site, newest first, by site, exit and time; and long wishes', async () => {
    const first = world.site
    await world.told('blocked', { exit: 'berlin' })
    const at = (await world.told('blocked')).at
    await sleep(5)
    world.site = `${first}.other`
    await world.told('rate_limited', { wish: { for: 299_000 } })
    await world.told('rate_limited', { wish: { for: 3_600_000 } })
    const ledger = openBlocks(world.redis.url, 'test')
    const { blocks: all } = await ledger.list({ from: 0, limit: 3 })
    expect(all.map((block) => [block.site, block.exit, block.outcome])).toEqual([
      [world.site, 'direct', 'rate_limited'],
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
    for (let i = 0; i < 205; i += 1) await world.told('blocked')
    const { blocks } = world.keys
    expect(await world.client.xlen(blocks)).toBe(200)
    expect(await world.client.pttl(blocks)).toBeGreaterThan(29 * 86_400_000)
  })
})

describe('people', () => {
  test('see what is held for years and lift it, with a word on who did; a block is lifted for one visit first', async () => {
    const [holds, ledger] = [openHolds(world.redis.url, 'test'), openBlocks(world.redis.url, 'test')]
    const first = world.site
    const years = 20 * 365 * 86_400_000
    await world.told('site_down', { wish: { until: Date.now() + years } })
    await world.told('rate_limited', { wish: { for: 600_000 } })
    world.site = `${first}.other`
    await world.told('blocked', { coolDown: { first: 300_000, longest: 600_000 } })
    const listed = (await holds.list({ limit: 9999 })).filter((hold) => hold.site.startsWith(first))
    expect(listed).toMatchObject([
      { site: first, reason: 'hold', asked: true },
      { site: world.site, reason: 'blocked', asked: false },
    ])
    expect(listed[0]!.until - Date.now()).toBeGreaterThan(years - 60_000)

    const lifted = await holds.lift(world.site, 'ann')
    expect(lifted).toMatchObject({ ...listed[1], lifted: { by: 'ann' } })
    expect(await world.gate.admit(world.visit())).toMatchObject({ go: true, probe: true })
    expect(await world.refused()).toMatch(/^blocked/)
    const { blocks } = await ledger.list({ site: world.site, from: 0, limit: 9 })
    expect(blocks).toMatchObject([{ until: lifted!.lifted.at, lifted: lifted!.lifted }])
    world.site = first
    expect(await world.refused()).toMatch(/^hold/)
    await holds.lift(world.site, 'bob')
    expect(await world.refused()).toBeNull()
    expect(await holds.lift(world.site, 'bob')).toBeNull()
    expect(await holds.list({ site: world.site, limit: 9 })).toEqual([])
    await world.told('rate_limited', { wish: { for: 600_000 } })
    expect(await world.refused()).toMatch(/^hold/)
    expect((await ledger.list({ site: world.site, from: 0, limit: 1 })).blocks[0]).not.toHaveProperty(
      'lifted',
    )
    holds.close()
    await ledger.close()
  })
})
