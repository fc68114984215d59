import type { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startRedis, type TestRedis } from '../../test/harness/redis.ts'
import { connect } from '../stream/connection.ts'
import { partitionKeys } from '../stream/keys.ts'
import { detectStore } from './detect-store.ts'
import { createPlainStore } from './plain-store.ts'
import { storeContract } from './store.contract.ts'
import type { SeriesStore, Slice } from './store.ts'

describe('plain Redis', () => {
  let server: TestRedis
  let redis: Redis
  let store: SeriesStore
  beforeAll(async () => {
    server = await startRedis()
    redis = connect(server.url, 'query')
    store = createPlainStore(redis)
  })
  afterAll(async () => {
    redis.disconnect()
    await server.stop()
  })

  storeContract(async () => ({ redis, store }))

  test('is chosen where the server has no RedisTimeSeries', async () => {
    expect((await detectStore(redis)).name).toBe('plain Redis')
  })
})

const url = process.env['WEIR_TEST_TIMESERIES_URL'] ?? ''
if (url === '') console.info('RedisTimeSeries: not run here')

describe.skipIf(url === '')('RedisTimeSeries', () => {
  let redis: Redis
  let store: SeriesStore
  beforeAll(async () => {
    redis = connect(url, 'query')
    store = await detectStore(redis)
  })
  afterAll(async () => {
    // The server is somebody else's: leave nothing, touch nothing else.
    for (const key of await redis.keys('contract:{s*')) await redis.unlink(key)
    redis.disconnect()
  })

  storeContract(async () => ({ redis, store }))

  test('is chosen, with its version', () => {
    expect(store.name).toMatch(/^RedisTimeSeries \d+\.\d+\.\d+$/)
  })

  test('a key of another type in the way is counted, and the rest is written', async () => {
    const keys = partitionKeys('contract', `s${process.pid}-${Date.now()}-wrong`, 0)
    await redis.hset(keys.meta, 'owner', 't')
    await redis.set(`${keys.series}m:10s:["a"]:count`, 'in the way')
    const rows = ['["a"]', '["b"]'].map((group) => ({ group, at: 10_000, values: [1] }))
    const piece: Slice = {
      metric: 'm',
      rung: '10s',
      retention: 1000,
      columns: ['count'],
      rows,
      field: '',
      last: false,
    }
    expect(await store.drain(keys, 't', piece)).toEqual({ verdict: 'OK', refused: 1 })
    expect((await store.range(keys, 'm', '10s', '["b"]', ['count'], 0, 20_000)).values).toEqual([[1]])
  })
})
