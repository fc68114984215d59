/** Several workers share the partitions, hand them over, and take them from the dead. */
import pino from 'pino'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startRedis, type TestRedis } from '../../test/harness/redis.ts'
import { compile } from '../config/compile.ts'
import { defineConfig } from '../config/define.ts'
import { stream } from '../config/stream.ts'
import { t } from '../config/authoring.ts'
import { appendConfig } from '../control/control-log.ts'
import { connect } from '../stream/connection.ts'
import { Worker } from '../worker.ts'

let redis: TestRedis
const workers: Worker[] = []

beforeEach(async () => {
  redis = await startRedis()
  const load = stream('load', { key: 'k', partitions: 12, schema: { k: t.String() } })
  const count = load.metric('count', { by: ['k'], stats: ['count'], windows: ['1m'] })
  const { config } = compile(defineConfig({ metrics: [count] }), { checkFile: () => null })
  const client = connect(redis.url, 'query')
  await appendConfig(client, 'weir', config, 'test')
  client.disconnect()
})
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()))
  await redis.stop()
})

async function join(): Promise<Worker> {
  const worker = new Worker({
    redisUrl: redis.url,
    namespace: 'weir',
    log: pino({ level: 'silent' }),
    ttl: 2000,
  })
  workers.push(worker)
  await worker.start()
  return worker
}

/** Waits until the workers own exactly these numbers of partitions, 18 in all (12 + runs + 4 of fields + alerts). */
async function shares(wanted: number[]): Promise<void> {
  for (let i = 0; i < 120; i++) {
    if (JSON.stringify(workers.map((worker) => worker.partitions.size)) === JSON.stringify(wanted)) return
    await sleep(100)
  }
  expect(workers.map((worker) => worker.partitions.size)).toEqual(wanted)
}

it('workers that come get their share, workers that go leave theirs to the others', async () => {
  await join()
  await shares([18])
  await join()
  await shares([9, 9])
  await join()
  await shares([6, 6, 6])
  const names = workers.flatMap((worker) => [...worker.partitions.keys()])
  expect(new Set(names).size).toBe(18)
  await workers.splice(1, 1)[0]!.stop()
  await shares([9, 9])
})
