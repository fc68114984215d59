/** Marks and versions in a real Redis, the versions as scraper processes register them. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startRedis, type TestRedis } from '../../test/harness/redis.ts'
import { connect } from '../stream/connection.ts'
import { fleetKeys } from '../stream/keys.ts'
import type { Deploys } from './mark.ts'
import { MAX_MARKS } from './mark.ts'
import { openDeploys } from './redis-deploys.ts'
import { openTurns } from './redis-turns.ts'
import type { Turns } from './turns.ts'

let redis: TestRedis
let turns: Turns
let deploys: Deploys
beforeEach(async () => {
  redis = await startRedis()
  turns = openTurns(redis.url, 'weir')
  deploys = openDeploys(redis.url, 'weir')
})
afterEach(async () => {
  turns.close()
  deploys.close()
  await redis.stop()
})

async function load(name: string, version: string): Promise<void> {
  const entry = {
    name,
    kind: 'http' as const,
    fleet: 'banks',
    template: name,
    host: 'x.example',
    site: 'x.example',
    url: 'https://x.example/',
    every: '5m',
    fields: [],
    version,
  }
  await turns.register([{ entry, lane: 'http', timing: '5m', first: null, latest: 0 }])
}

test('each new version of a scraper is remembered with its time, the newest eight of each', async () => {
  const before = await turns.now()
  await load('a', 'v1')
  await load('a', 'v1')
  await load('b', 'w1')
  for (let i = 2; i <= 10; i++) await load('a', `v${i}`)
  const found = await deploys.histories(['a', 'b', 'nobody'])
  expect([...found.keys()]).toEqual(['a', 'b'])
  expect(found.get('a')!.every).toBe(300_000)
  expect(found.get('a')!.loads.map(({ version }) => version)).toEqual([
    'v10',
    'v9',
    'v8',
    'v7',
    'v6',
    'v5',
    'v4',
    'v3',
  ])
  expect(found.get('b')!.loads).toEqual([{ version: 'w1', at: expect.any(Number) }])
  for (const { at } of found.get('a')!.loads) expect(at).toBeGreaterThanOrEqual(before)
})

test('marks come newest first, and the oldest make room', async () => {
  const mark = (i: number) => ({
    name: i % 2 === 0 ? 'all' : 'banks',
    version: `v${i}`,
    at: 1000 + i,
    by: 'ci',
  })
  await deploys.mark(mark(2))
  await deploys.mark(mark(1))
  await deploys.mark(mark(1))
  expect(await deploys.marks({ to: 2000, limit: 9 })).toEqual([mark(2), mark(1)])
  expect(await deploys.marks({ to: 1001, limit: 9 })).toEqual([mark(1)])
  expect(await deploys.marks({ to: 2000, limit: 9, name: 'banks' })).toEqual([mark(1)])
  const client = connect(redis.url, 'query')
  const members = Array.from({ length: MAX_MARKS }, (_, i) => [5000 + i, `{"version":"x${i}"}`]).flat()
  await client.zadd(fleetKeys('weir').marks, ...members)
  await deploys.mark(mark(3))
  expect(await client.zcard(fleetKeys('weir').marks)).toBe(MAX_MARKS)
  client.disconnect()
})
