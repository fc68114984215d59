/** The gate on a real Redis: turns, limits, and what it does while Redis is away. */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { connect } from '../../engine/index.ts'
import { startRedis } from '../../test/harness/redis.ts'
import { createVisits } from '../visits.ts'
import { HOME, clock, mono, useGate } from './gate.fixture.ts'
import { redisGate } from './redis-gate.ts'
import { takeTurn } from './turn.ts'

const world = useGate()

describe('turns', () => {
  /** When each turn is, counted from the first question, to the next half second: a busy machine asks slowly. */
  const waits = async (...all: number[]) => {
    const found = []
    const begun = mono()
    for (const minDelay of all) {
      const since = mono() - begun
      const one = await world.gate.admit(world.visit({ minDelay }))
      found.push(one.go ? Math.round((since + one.wait) / 500) * 500 : one.reason)
    }
    return found
  }
  test('are one delay apart, and other sites go at once', async () => {
    expect(await waits(1000, 1000, 1000)).toEqual([0, 1000, 2000])
    world.site = 'elsewhere.example'
    expect(await waits(1000)).toEqual([0])
  })
  test('of two scrapers are the longer of their delays apart, whoever comes first', async () => {
    expect(await waits(5000, 100)).toEqual([0, 5000])
    world.site += 'x'
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
    await world.client.hset(world.keys.gate, 'slot', ahead)
    expect(await waits(1000, 1000)).toEqual([1000, 2000])
  })
  test('that went by are booked anew: what waited too long does not go', async () => {
    const first = await takeTurn(world.gate, world.visit({ minDelay: 40 }), clock)
    expect(first).not.toHaveProperty('go')
    let late = true
    const slow = { ...clock, sleep: (ms: number) => sleep(late ? ((late = false), 1300) : ms) }
    const booked = mono()
    const turn = await takeTurn(world.gate, world.visit({ minDelay: 40 }), slow)
    expect(turn).toMatchObject({ exit: 'direct' })
    expect(mono() - booked).toBeGreaterThan(1290)
    expect('at' in turn && mono() - turn.at).toBeLessThan(1000)
  })
})

describe('limits', () => {
  test('as many at once as may be; dead ones leave by themselves', async () => {
    const first = world.visit({ concurrency: 2 })
    expect(await world.gate.admit(first)).toMatchObject({ go: true })
    expect(await world.gate.admit(world.visit({ concurrency: 2, lease: 800 }))).toMatchObject({ go: true })
    expect(await world.gate.admit(world.visit({ concurrency: 2 }))).toMatchObject({
      reason: 'no_permit',
      busy: true,
    })
    await sleep(850)
    expect(await world.gate.admit(world.visit({ concurrency: 2 }))).toMatchObject({ go: true })
    expect(await world.refused({ concurrency: 2 })).toMatch(/^no_permit/)
    const waiting = takeTurn(world.gate, world.visit({ concurrency: 2 }), clock)
    await world.told('ok', { of: first })
    expect(await waiting).toMatchObject({ exit: 'direct' })
  })
  test('who waits for a turn when all is to stop gives it back, who is at the site finishes', async () => {
    const visits = createVisits(world.gate)
    const [first, second] = [world.visit({ minDelay: 5000 }), world.visit({ minDelay: 5000, concurrency: 2 })]
    let leave = (): void => undefined
    const there = visits.during('http', async (visiting) => {
      expect(await takeTurn(visiting.gate, first, { ...clock, ...visiting })).toMatchObject({
        exit: 'direct',
      })
      await new Promise<void>((resolve) => (leave = resolve))
      return 'finished'
    })
    await expect.poll(() => world.client.zcard(world.keys.leases)).toBe(1)
    void visits.during('http', (visiting) => takeTurn(visiting.gate, second, { ...clock, ...visiting }))
    await expect.poll(() => visits.waiting.http).toBe(1)
    const stopped = visits.stop(10_000)
    await expect.poll(() => world.client.zrange(world.keys.leases, 0, '-1')).toEqual([first.token])
    leave()
    await stopped
    expect(await there).toBe('finished')
    expect(await world.client.zcard(world.keys.leases)).toBe(1)
  })
  test('so many in any hour', async () => {
    for (let i = 0; i < 3; i += 1) expect(await world.refused({ budget: 3 })).toBeNull()
    expect(await world.refused({ budget: 3 })).toMatch(/^budget 3[6-9]\d\d s$/)
    const old = Math.floor(Date.now() / 300_000)
    await world.client.hset(world.keys.gate, 'spent', `${old - 13}:2 ${old - 12}:1`)
    expect(await world.refused({ budget: 2 })).toBeNull()
    expect(await world.refused({ budget: 2 })).toMatch(/^budget \d{1,3} s$/)
  })
  test('without an exit that may be used nobody goes direct', async () => {
    const exits = ['proxy-a', 'proxy-b']
    await world.told('proxy_failed', { exit: 'proxy-a' })
    expect(await world.gate.admit(world.visit({ exits }))).toMatchObject({ go: true, exit: 'proxy-b' })
    await world.told('proxy_failed', { exit: 'proxy-b' })
    expect(await world.refused({ exits })).toBe('no_proxy 300 s')
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
  const visits = [world.visit(), world.visit(), world.visit()]
  for (const each of visits)
    expect(await lonely.report(each, { outcome: 'rate_limited', ...report })).toBeNull()
  await expect(lonely.admit(world.visit())).rejects.toThrow()
  await server.restart()
  const together = () => Promise.all(visits.map(() => lonely.admit(world.visit()))).catch(() => null)
  await expect.poll(together).not.toBeNull()
  expect(heard).toEqual(visits.map(({ token }) => token))
  expect(await lonely.admit(world.visit())).toMatchObject({ go: false, reason: 'hold' })
  await lonely.close()
  own.disconnect()
  await server.stop()
})
