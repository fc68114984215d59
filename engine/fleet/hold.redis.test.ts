/** The longest holds of many sites, without reading all of them. */
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startRedis, type TestRedis } from '../../test/harness/redis.ts'
import { connect } from '../stream/connection.ts'
import { blockKeys, siteKeys } from '../stream/keys.ts'
import { openHolds } from './redis-hold.ts'

let redis: TestRedis
let client: Redis
beforeAll(async () => {
  redis = await startRedis()
  client = connect(redis.url, 'commit')
  await client.connect()
})
afterAll(async () => {
  client?.disconnect()
  await redis?.stop()
})

test('of many sites as many are read as the longest holds need; where the list is too high, more', async () => {
  const soon = Date.now() + 3_600_000
  const pipeline = client.pipeline()
  for (let i = 0; i < 450; i += 1) {
    const site = `s${String(i).padStart(3, '0')}.example`
    // The first 210 were lifted, or are held for less than their place on the list says.
    const until = i < 210 ? soon - i : soon + 1e6 - i
    pipeline.hset(siteKeys('test', site).gate, 'hold', until)
    pipeline.zadd(blockKeys('test').holds, soon + 1e6 - i, site)
  }
  await pipeline.exec()
  const holds = openHolds(redis.url, 'test')
  const longest = await holds.list({ limit: 3 })
  expect(longest.map(({ site }) => site)).toEqual(['s210.example', 's211.example', 's212.example'])
  expect(/cmdstat_hmget:calls=(\d+)/.exec(await client.info('commandstats'))?.[1]).toBe('400')
  expect(await holds.list({ limit: 9999 })).toHaveLength(450)
  holds.close()
})
