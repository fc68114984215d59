/** What a target has acknowledged and then lost, as by a failover, is shipped again; what it has is left alone. */
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startRedis, type TestRedis } from '../../test/harness/redis.ts'
import { connect } from '../stream/connection.ts'
import { partitionKeys } from '../stream/keys.ts'
import { Shipper } from './shipper.ts'

let server: TestRedis
let redis: Redis
beforeAll(async () => {
  server = await startRedis()
  redis = connect(server.url, 'commit')
  await redis.connect()
})
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})

const { log, acks } = partitionKeys('test', 'to', 0)
const item = (seq: number): string[] => [
  `${seq + 1}-0`,
  JSON.stringify({ to: 'to.0', seq, n: 1, cols: '{"v":[1]}' }),
]
const numbers = async (): Promise<string[]> =>
  (await redis.xrange(log, '-', '+')).map(([, fields]) => fields[fields.indexOf('seq') + 1]!)

test('from the first that is gone, everything is shipped again', async () => {
  const shipper = new Shipper(redis, 'test', 'from.0', (error) => expect.unreachable(String(error)))
  shipper.add([0, 1, 2, 3].flatMap(item))
  await expect.poll(numbers).toEqual(['0', '1', '2', '3'])
  await shipper.confirm(10_000)
  expect(await numbers()).toEqual(['0', '1', '2', '3'])

  const entries = await redis.xrange(log, '-', '+')
  await redis.hset(acks, 'x:from.0', 0)
  // The first is held for good, wherever its entry is; the third was written to the new master already.
  await redis.xdel(log, entries[0]![0], entries[1]![0], entries[2]![0])
  await shipper.confirm(20_000)
  await expect.poll(numbers).toEqual(['3', '1', '2', '3'])
  expect(shipper.trim).toBe('')
  await shipper.confirm(80_001)
  expect(shipper.trim).toBe('2-0')
  await shipper.stop()
})

test('a target that went back to before the snapshot that held them gets them again; its next owner ships no more', async () => {
  const { log: later, acks: held } = partitionKeys('test', 'to', 1)
  const to1 = (seq: number): string[] => item(seq).map((text) => text.replace('to.0', 'to.1'))
  const seqs = async (): Promise<string[]> =>
    (await redis.xrange(later, '-', '+')).map(([, fields]) => fields[fields.indexOf('seq') + 1]!)
  const shipper = new Shipper(redis, 'test', 'from.0', (error) => expect.unreachable(String(error)))
  shipper.add([0, 1].flatMap(to1))
  await expect.poll(seqs).toEqual(['0', '1'])
  await redis.hset(held, 'x:from.0', 1)
  await shipper.confirm(10_000)
  // The new master has neither the snapshot nor the entries.
  await redis.del(held, later)
  await shipper.confirm(20_000)
  await expect.poll(seqs).toEqual(['0', '1'])
  await shipper.stop()

  await redis.hset(held, 'x:from.0', 0)
  const next = new Shipper(redis, 'test', 'from.0', (error) => expect.unreachable(String(error)))
  await next.resume([0, 1].flatMap(to1), 0)
  await expect.poll(seqs).toEqual(['0', '1', '1'])
  await next.stop()

  await redis.hset(held, 'x:from.0', 1)
  const last = new Shipper(redis, 'test', 'from.0', (error) => expect.unreachable(String(error)))
  await last.resume([0, 1].flatMap(to1), 0)
  last.add(to1(2))
  await expect.poll(seqs).toEqual(['0', '1', '1', '2'])
  await last.stop()
})

test('a target that is away is heard of, and fails nobody', async () => {
  const failures: unknown[] = []
  const away = connect(server.url, 'commit')
  await away.connect()
  const shipper = new Shipper(away, 'test', 'from.1', (error) => failures.push(error))
  shipper.add(item(0))
  await expect.poll(async () => (await numbers()).length).toBe(5)
  away.disconnect()
  let now = 0
  const heard = async (): Promise<number> => {
    await shipper.confirm((now += 10_000))
    return failures.length
  }
  await expect.poll(heard).toBeGreaterThan(0)
  await shipper.stop()
})
