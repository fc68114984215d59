import { afterAll, beforeAll, expect, test } from 'vitest'
import { WeirError } from '../error.ts'
import { testConfig } from '../fold.fixture.ts'
import { type Bench, startBench } from './commit.fixture.ts'
import { pastEvents, sendBatch, Shell } from './partition.fixture.ts'

let bench: Bench
beforeAll(async () => {
  bench = await startBench()
})
afterAll(() => bench.stop())

const TARGET = { stream: 's', partition: 0 }

test('state that a newer Weir committed is left as it is', async () => {
  const shell = await Shell.on(bench.redis, testConfig('live'))
  const one = await shell.claim(TARGET)
  await sendBatch(bench.redis, one.keys.log, 'p~1~a', 0, pastEvents(5, 1000))
  await shell.settle(one)
  await one.drop()
  const small = (await bench.redis.hget(one.keys.meta, 'small'))!
  await bench.redis.hset(one.keys.meta, 'small', small.replace('"version":2', '"version":3'))
  const refused: unknown = await shell.claim(TARGET, one.token).catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'WEIR_NEWER', retry: false })
  expect((refused as WeirError).where).toBe(one.keys.meta)
})
