import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestRedis, startRedis } from '../test/harness/redis.ts'
import { startRole } from '../test/harness/role.ts'

let redis: TestRedis
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())

test('a process that grows beyond its limit stops by itself, with an error that says so', async () => {
  const role = await startRole('scrapers', {
    REDIS_URL: redis.url,
    WEIR_CONFIG: 'launch/torture/torture.config.ts',
    WEIR_MAX_RSS_MB: '20',
  })
  await expect.poll(() => role.output()).toMatch(/this process takes \d+ MB, more than WEIR_MAX_RSS_MB=20/)
  await role.stop()
})
