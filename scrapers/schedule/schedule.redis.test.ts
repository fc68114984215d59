/** The shared schedule: whoever runs, dies, leaves or comes, each due time is run by one and told once. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FleetSchedule, type Turns, connect, openSchedule, openTurns } from '../../engine/index.ts'
import { type TestRedis, startRedis } from '../../test/harness/redis.ts'
import { type CheckOptions, check, collect } from '../index.ts'
import { type Schedule, type Scheduled, type Start, type Unrun, createSchedule } from './schedule.ts'

let redis: TestRedis
let fleet: FleetSchedule
let members: Member[] = []

interface Member {
  schedule: Schedule
  worker: string
  /** `name@due` of what began, and what was told instead. */
  runs: { id: string; lateMs: number; at: number }[]
  told: ({ id: string } & Unrun)[]
  /** Replaced by tests: how a run goes, and how telling does. */
  work: (scheduled: Scheduled, turn: Start) => Promise<void>
  sent: () => Promise<void>
  flush: (streams: readonly string[]) => Promise<void>
  room: number
}

beforeEach(async () => {
  redis = await startRedis()
  fleet = openSchedule(redis.url, 'weir')
})
afterEach(async () => {
  for (const { schedule } of members) await schedule.stop(100).then(() => schedule.leave(true))
  members = []
  fleet.close()
  await redis.stop()
})

function join(lease = 1000, turns: Turns = openTurns(redis.url, 'weir', { lease })): Member {
  const member: Member = {
    worker: turns.worker,
    runs: [],
    told: [],
    work: async () => undefined,
    sent: async () => undefined,
    flush: async () => undefined,
    room: 100,
    schedule: createSchedule({
      turns,
      random: () => 0,
      room: (_, taken) => member.room - taken,
      run: async (scheduled, turn) => {
        const id = `${scheduled.scraper.name}@${turn.due}`
        member.runs.push({ id, lateMs: turn.lateMs, at: Date.now() })
        await member.work(scheduled, turn)
      },
      tell: async ({ scraper }, unrun) => {
        await member.sent()
        member.told.push({ id: `${scraper.name}@${'died' in unrun ? unrun.died : unrun.due}`, ...unrun })
      },
      flush: (streams) => member.flush(streams),
      about: () => ({ pid: process.pid, host: 'here', rssMb: 1 }),
      failed: () => undefined,
    }),
  }
  members.push(member)
  return member
}

const each = (name: string, every: string, more: Partial<CheckOptions> = {}): Scheduled => ({
  scraper: check(name, { url: 'https://a.example/', every, jitter: '0s', ...more }),
  version: 'v1',
})
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))
const idsOf = (name: string): string[] =>
  members
    .flatMap(({ runs, told }) => [...runs, ...told])
    .map(({ id }) => id)
    .filter((id) => id.startsWith(`${name}@`))
    .toSorted()
/** Due times without a gap and without a double, on the grid of the first. */
function expectGrid(name: string, interval: number, least: number): void {
  const dues = idsOf(name).map((id) => Number(id.split('@')[1]))
  expect(dues.length).toBeGreaterThanOrEqual(least)
  expect(dues).toEqual(dues.map((_, i) => dues[0]! + i * interval))
}

test('three processes share what is due: each run once, on time, and a slow one holds up nobody', async () => {
  const all = Array.from({ length: 60 }, (_, i) => each(`s${i}`, '1s'))
  for (let i = 0; i < 3; i += 1) {
    const member = join()
    member.work = ({ scraper }) => pause(scraper.name === 's0' ? 1300 : 5)
    member.schedule.set(all)
  }
  await pause(3600)
  for (let i = 0; i < 60; i += 1) expectGrid(`s${i}`, 1000, 3)
  const late = members.flatMap(({ runs }) => runs.map(({ lateMs }) => lateMs)).toSorted((a, b) => a - b)
  // A busy machine may be late with a few; behind the slow one all would be.
  expect(late[Math.floor(late.length * 0.8)]).toBeLessThan(1000)
  for (const { runs } of members) expect(runs.length).toBeGreaterThan(10)
  expect(members.flatMap(({ told }) => told)[0]).toMatchObject({ why: 'the run before was still going' })
})

test('a run whose process died is done again by another, under its own name', async () => {
  const [first, second] = [join(600), join(600)]
  first.work = () => new Promise(() => undefined)
  first.schedule.set([each('a', '1h')])
  await expect.poll(() => first.runs.length).toBe(1)
  second.schedule.set([each('a', '1h')])
  // Silent from now on, as after a SIGKILL.
  first.schedule.stop(0).catch(() => undefined)
  await expect.poll(() => second.runs.map(({ id }) => id)).toEqual([first.runs[0]!.id])
  expect(second.runs[0]!.lateMs).toBeGreaterThan(500)
  await expect.poll(async () => (await fleet.scrapers('a'))[0]!.running).toBeNull()
})

test('who leaves hands back what has not begun or not ended, and others do it at once', async () => {
  const [first, second] = [join(), join()]
  first.work = () => new Promise(() => undefined)
  first.schedule.set([each('a', '1h')])
  await expect.poll(() => first.runs.length).toBe(1)
  second.schedule.set([each('a', '1h')])
  await first.schedule.stop(0)
  await first.schedule.leave(true)
  await expect.poll(() => second.runs.length, { timeout: 900 }).toBe(1)
  expect(second.told).toEqual([])
})

test('paused is told and not run; a run that is asked for takes place all the same', async () => {
  const member = join()
  member.schedule.set([each('a', '1s')])
  await expect.poll(() => member.runs.length).toBe(1)
  expect(await fleet.pause('a', 'ann')).toMatchObject({ paused: { by: 'ann' } })
  expect(await fleet.pause('nobody', 'ann')).toBeNull()
  await expect.poll(() => member.told.length).toBe(2)
  expect(member.told[0]).toMatchObject({ reason: 'paused', why: 'paused by ann', count: 1 })
  const runs = member.runs.length
  await fleet.run('a', 'bob')
  await expect.poll(() => member.runs.length).toBe(runs + 1)
  expect(await fleet.resume('a')).toMatchObject({ paused: null })
  await expect.poll(() => member.runs.length).toBe(runs + 2)
  const [asked] = member.runs.slice(-2)
  expectGridWithout(asked!.id)
})

function expectGridWithout(asked: string): void {
  const dues = idsOf('a').filter((id) => id !== asked)
  expect(dues.length).toBe(idsOf('a').length - 1)
  expect(dues.map((id) => Number(id.split('@')[1]) % 1000)).toEqual(
    dues.map(() => Number(dues[0]!.split('@')[1]) % 1000),
  )
}

test('without room nothing is taken; what passed meanwhile is told, and the newest is run', async () => {
  const member = join()
  member.room = 0
  member.schedule.set([each('a', '500ms')])
  await expect.poll(() => member.schedule.pressure.http.overdue).toBe(1)
  expect((await fleet.pressure()).http).toMatchObject({ overdue: 1 })
  await pause(600)
  expect(member.runs).toEqual([])
  member.room = 1
  await expect.poll(() => member.runs.length).toBeGreaterThan(2)
  expectGrid('a', 500, 5)
  expect(member.told[0]).toMatchObject({ reason: 'missed', why: /no scraper process was there or had room/ })
})

test('Redis may go and lose everything: afterwards it goes on', async () => {
  const member = join()
  member.schedule.set([each('a', '500ms')])
  await expect.poll(() => member.runs.length).toBeGreaterThan(1)
  await redis.kill()
  await pause(1500)
  await redis.restart()
  const before = member.runs.length
  await expect.poll(() => member.runs.length).toBeGreaterThan(before + 2)
  const client = connect(redis.url, 'query')
  await client.flushall()
  client.disconnect()
  const flushed = member.runs.length
  await expect.poll(() => member.runs.length).toBeGreaterThan(flushed + 2)
})

test('a run that throws is told before it ends, as often as it takes, and not done again', async () => {
  const member = join()
  let sends = 0
  member.work = () => Promise.reject(new Error('broken'))
  member.sent = async () => {
    if ((sends += 1) === 1) throw new Error('not sent')
  }
  member.schedule.set([each('a', '1h')])
  await expect.poll(() => member.told.length).toBe(1)
  expect(member.told).toMatchObject([{ id: member.runs[0]!.id, why: 'the run failed: Error: broken' }])
  await expect.poll(async () => (await fleet.scrapers('a'))[0]!.running).toBeNull()
  expect(member.runs).toHaveLength(1)
})

test('started while Redis is away, it begins once Redis is there', async () => {
  await redis.kill()
  const member = join()
  member.schedule.set([each('a', '500ms')])
  await pause(300)
  await redis.restart()
  await expect.poll(() => member.runs.length).toBeGreaterThan(0)
})

test('a scraper that only one process knows is run by that one; a changed timing takes effect at once', async () => {
  const [one, both] = [join(), join()]
  one.schedule.set([each('a', '500ms')])
  both.schedule.set([each('a', '500ms'), each('b', '500ms')])
  const ranB = (): number => both.runs.filter(({ id }) => id.startsWith('b')).length
  await expect.poll(ranB).toBeGreaterThan(1)
  one.schedule.set([each('a', '1h')])
  both.schedule.set([each('b', '500ms'), each('a', '1h')])
  await pause(600)
  const seen = idsOf('a').length
  await pause(1200)
  expect(idsOf('a').length).toBeLessThanOrEqual(seen + 1)
  const b = ranB()
  await expect.poll(ranB).toBeGreaterThan(b)
  expect(one.runs.every(({ id }) => id.startsWith('a'))).toBe(true)
  expect(await fleet.scrapers('b')).toMatchObject([
    { name: 'b', kind: 'http', every: '500ms', version: 'v1' },
  ])
  expect(await fleet.workers()).toHaveLength(2)
})

test('a clock of Redis that is set back by an hour holds nothing up', async () => {
  let ahead = 3_600_000
  const real = openTurns(redis.url, 'weir')
  const member = join(1000, {
    ...real,
    now: async () => (await real.now()) + ahead,
    turn: async (request) => {
      const reply = await real.turn(request)
      return { ...reply, now: reply.now + ahead }
    },
  })
  member.schedule.set([each('a', '500ms'), each('b', '0 0 * * *')])
  await expect.poll(async () => (await fleet.scrapers('a'))[0]?.due).toBeGreaterThan(Date.now() + 3_000_000)
  ahead = 0
  await expect.poll(() => member.runs.length).toBeGreaterThan(1)
  expect((await fleet.scrapers('b'))[0]!.due! - Date.now()).toBeLessThan(86_400_000)
})

test('a changed timing leaves no due time of the old one without its end', async () => {
  const member = join()
  const release: (() => void)[] = []
  member.work = () => new Promise((done) => release.push(done))
  member.schedule.set([each('slow', '500ms'), each('waits', '500ms')])
  await expect.poll(() => member.runs.length).toBe(2)
  member.work = async () => undefined
  member.room = 0
  for (const done of release.slice(1)) done()
  await pause(2200)
  member.schedule.set([each('slow', '1h'), each('waits', '1h')])
  await pause(100)
  for (const done of release) done()
  member.room = 100
  await expect
    .poll(async () =>
      (await fleet.scrapers()).map(({ running, due }) => running === null && due! > Date.now()),
    )
    .toEqual([true, true])
  for (const name of ['slow', 'waits']) expectGrid(name, 500, 5)
})

test('nor does a timing that changes over a run whose process dies, or that was asked for', async () => {
  const [first, second] = [join(600), join(600)]
  let release: () => void = () => undefined
  first.work = () => new Promise(() => undefined)
  first.room = 1
  first.schedule.set([each('dead', '500ms')])
  await expect.poll(() => first.runs.length).toBe(1)
  second.schedule.set([each('asked', '500ms')])
  await expect.poll(() => second.runs.length).toBe(1)
  second.room = 0
  await expect.poll(async () => (await fleet.scrapers('asked'))[0]!.running).toBeNull()
  second.work = () => new Promise((done) => (release = done))
  await fleet.run('asked', 'ann')
  const before = second.runs.length
  second.room = 1
  await expect.poll(() => second.runs.length).toBe(before + 1)
  const asked = second.runs.at(-1)!
  // Silent from now on, as after a SIGKILL.
  first.schedule.stop(0).catch(() => undefined)
  second.schedule.set([each('dead', '1h'), each('asked', '1h')])
  await pause(1200)
  second.work = async () => undefined
  release()
  second.room = 100
  await expect
    .poll(async () =>
      (await fleet.scrapers()).map(({ running, due }) => running === null && due! > Date.now()),
    )
    .toEqual([true, true])
  second.runs = second.runs.filter(({ id }) => id !== asked.id)
  // Whoever does it again does it under its own name.
  first.runs = []
  for (const name of ['dead', 'asked']) expectGrid(name, 500, 3)
})

test('what comes due while this process still does what others have done meanwhile is not left out', async () => {
  const [first, second] = [join(), join()]
  const release: (() => void)[] = []
  first.work = () => new Promise((done) => release.push(done))
  first.schedule.set([each('a', '500ms')])
  await expect.poll(() => first.runs.length).toBe(1)
  // As if it had been silent for longer than its lease, and others had run it: Redis knows nothing of it.
  const client = connect(redis.url, 'query')
  const { due } = (await fleet.scrapers('a'))[0]!.running!
  await client
    .multi()
    .hdel('weir:{fleet}:running', 'a')
    .zadd('weir:{fleet}:due:http', due + 500, 'a')
    .exec()
  client.disconnect()
  await expect.poll(async () => (await fleet.scrapers('a'))[0]!.running?.due).toBe(due + 500)
  await pause(600)
  first.work = async () => undefined
  for (const done of release) done()
  await expect.poll(() => idsOf('a').length).toBeGreaterThan(3)
  expectGrid('a', 500, 4)
  expect(second.runs).toEqual([])
})

test('a stream that takes nothing holds up no run of another', async () => {
  const member = join()
  member.flush = (streams) => (streams.includes('stuck') ? new Promise(() => undefined) : Promise.resolve())
  const stuck = collect('c', { url: 'https://a.example/', every: '1h', into: 'stuck', events: () => [] })
  member.schedule.set([{ scraper: stuck, version: 'v1' }, each('a', '500ms')])
  await expect.poll(() => member.runs.map(({ id }) => id[0])).toEqual(expect.arrayContaining(['c', 'a']))
  const ran = member.runs.length
  await expect.poll(() => member.runs.length).toBeGreaterThan(ran + 2)
  expect((await fleet.scrapers('c'))[0]!.running).not.toBeNull()
})

test('what a run passed is told by the next process where this one stops before it can', async () => {
  const [first, second] = [join(), join()]
  let end: () => void = () => undefined
  first.work = () => new Promise((done) => (end = done))
  first.schedule.set([each('a', '500ms')])
  await expect.poll(() => first.runs.length).toBe(1)
  await pause(1200)
  const stopped = first.schedule.stop(1000)
  end()
  await stopped
  await first.schedule.leave(true)
  second.schedule.set([each('a', '500ms')])
  await expect.poll(() => second.runs.length).toBeGreaterThan(1)
  expectGrid('a', 500, 5)
  expect(second.told[0]).toMatchObject({ why: 'the run before was still going' })
})
