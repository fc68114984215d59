/** The schedule's scripts against what its clock and its owner may do: nobody alive is reaped, and no due time is lost. */
import type { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startRedis, type TestRedis } from '../../test/harness/redis.ts'
import { connect } from '../stream/connection.ts'
import { fleetKeys } from '../stream/keys.ts'
import { openTurns } from './redis-turns.ts'
import type { Lane } from './schedule.ts'
import type { Registration, TurnReply, Turns } from './turns.ts'

const HOUR = 3_600_000
const keys = fleetKeys('weir')
let redis: TestRedis
let client: Redis
let one: Turns
let two: Turns

beforeEach(async () => {
  redis = await startRedis()
  client = connect(redis.url, 'query')
  ;[one, two] = [openTurns(redis.url, 'weir'), openTurns(redis.url, 'weir')]
})
afterEach(async () => {
  for (const turns of [one, two]) turns.close()
  client.disconnect()
  await redis.stop()
})

async function register(change: Partial<Registration> & { kind?: 'http' | 'browser' } = {}): Promise<void> {
  const { kind = 'http', ...rest } = change
  const about = {
    name: 'a',
    kind,
    fleet: 'banks',
    template: 'a',
    host: 'x.example',
    site: 'x.example',
    url: 'https://x.example/',
  }
  const entry = { ...about, every: '1h', fields: [], version: 'v1' }
  const now = await one.now()
  await one.register([
    { entry, lane: kind, timing: '{"interval":1000}', first: now, latest: now + HOUR, ...rest },
  ])
}

function turn(turns: Turns, room: Partial<Record<Lane, number>> = {}): Promise<TurnReply> {
  const about = { pid: 1, host: 'here', rssMb: 1, scrapers: 1, running: 1 }
  return turns.turn({ room: { browser: 0, http: 0, ...room }, ended: [], settled: [], about })
}

/** As if all that was written had been written so much earlier. */
async function pass(ms: number): Promise<void> {
  await client.decrby(keys.clock, ms)
  for (const key of [keys.workers, keys.dueHttp, keys.dueBrowser])
    for (const member of await client.zrange(key, '0', '-1')) await client.zincrby(key, -ms, member)
}

const running = async (): Promise<string | undefined> =>
  (await client.hget(keys.running, 'a'))?.split('\t')[0]

test('after an outage or a step of the clock nobody is taken for dead who had no chance to say that he lives', async () => {
  await register()
  expect((await turn(two, { http: 1 })).claims).toHaveLength(1)
  await turn(one)
  await pass(HOUR)
  await turn(one)
  expect(await running()).toBe(two.worker)
  // It says so, and so it goes on.
  expect((await turn(two)).mine).toHaveLength(1)
  // Who is silent while others are heard is dead all the same.
  await client.zadd(keys.workers, 1, two.worker)
  expect((await turn(one, { http: 1 })).claims).toMatchObject([{ name: 'a', attempt: 1 }])
})

test('a clock that is set back makes no lease longer', async () => {
  await turn(two)
  await pass(-HOUR)
  const { now } = await turn(one)
  const until = Number(await client.zscore(keys.workers, two.worker))
  expect(until - now).toBeGreaterThan(10_000)
  expect(until - now).toBeLessThanOrEqual(15_000)
})

test('a due time that only a clock of before can have set is set anew, and no other', async () => {
  await register()
  const due = async () => Number(await client.zscore(keys.dueHttp, 'a'))
  const first = await due()
  await register({ first: first + 5 })
  expect(await due()).toBe(first)
  await pass(-HOUR)
  await register({ first: first + 5, latest: first + 1000 })
  expect(await due()).toBe(first + 5)
})

test.each<[string, { timing: string; kind?: 'browser' }]>([
  ['its timing changes', { timing: '{"interval":9000}' }],
  ['it needs a browser from now on', { kind: 'browser', timing: '{"interval":9000}' }],
])('what has come due keeps its due time and its timing where %s', async (_, change) => {
  await register()
  const due = Number(await client.zscore(keys.dueHttp, 'a'))
  await register({ ...change, first: due + HOUR })
  const lane: Lane = change.kind ?? 'http'
  const { claims } = await turn(one, { [lane]: 1 })
  const owed = { died: null, missed: null, run: true, timing: '{"interval":1000}' }
  expect(claims).toEqual([expect.objectContaining({ due, planned: due, attempt: 0, lane, owed })])
  expect(await client.zcard(keys.dueHttp)).toBe(0)
})

test('what is handed back, or was due where nobody knew it, keeps its place as well', async () => {
  await register()
  const due = (await turn(two, { http: 1 })).claims[0]!.due
  await two.leave()
  await register({ timing: '{"interval":9000}', first: due + HOUR })
  const again = (await turn(one, { http: 1 })).claims
  expect(again).toMatchObject([{ due, owed: { timing: '{"interval":1000}' } }])
  const unknown = { name: 'a', due, lane: 'http' as const, next: 'unknown' as const }
  await one.turn({ room: { browser: 0, http: 0 }, ended: [unknown], settled: [], about: null })
  await register({ timing: '{"interval":5000}', first: due + HOUR })
  // By the timing that it came due by first.
  expect((await turn(one, { http: 1 })).claims).toMatchObject([
    { due, owed: { timing: '{"interval":1000}' } },
  ])
})

test('a timing that changes over a run leaves that run its own, also where its process is dead', async () => {
  await register()
  const due = (await turn(two, { http: 1 })).claims[0]!.due
  await register({ timing: '{"interval":9000}' })
  await register({ timing: '{"interval":5000}' })
  await client.zadd(keys.workers, 1, two.worker)
  const { claims } = await turn(one, { http: 1 })
  const owed = { died: null, missed: null, run: true, timing: '{"interval":1000}' }
  expect(claims).toEqual([expect.objectContaining({ due, attempt: 1, owed })])
  // Who lives ends it, and what comes next is the new timing's.
  const ended = [{ name: 'a', due, lane: 'http' as const, next: due }]
  await one.turn({ room: { browser: 0, http: 0 }, ended, settled: [], about: null })
  expect((await turn(one, { http: 1 })).claims).toMatchObject([{ due, attempt: 0, owed: null }])
})

test('what comes due beside a run that was asked for keeps its timing where that changes meanwhile', async () => {
  const now = await one.now()
  await register({ first: now + HOUR })
  await client.hset(keys.asked, 'a', JSON.stringify({ by: 'ann', since: now, lane: 'http' }))
  const [asked] = (await turn(one, { http: 1 })).claims
  expect(asked).toMatchObject({ asked: true, due: now, planned: now + HOUR })
  await register({ timing: '{"interval":9000}' })
  const end = (next: number): Promise<TurnReply> => {
    const ended = [{ name: 'a', due: now, lane: 'http' as const, next }]
    return one.turn({ room: { browser: 0, http: 1 }, ended, settled: [], about: null })
  }
  const row = (await client.hget(keys.running, 'a'))!
  // As if it had come due meanwhile.
  await client.hset(keys.running, 'a', row.replace(`${now + HOUR}`, `${now}`))
  const owed = { died: null, missed: null, run: true, timing: '{"interval":1000}' }
  expect((await end(now)).claims).toEqual([
    expect.objectContaining({ due: now, planned: now, asked: false, attempt: 0, owed }),
  ])
  // What the new timing set is the new timing's.
  await client.hset(keys.running, 'a', row)
  expect((await end(now)).claims).toMatchObject([{ due: now, owed: null }])
})

test('a due time ahead has not come, and gives way to a new timing at once', async () => {
  const now = await one.now()
  await register({ first: now + HOUR })
  await register({ first: now, timing: '{"interval":9000}' })
  expect((await turn(one, { http: 1 })).claims).toMatchObject([{ due: now, owed: null }])
})
