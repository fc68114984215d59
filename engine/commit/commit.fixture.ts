/** A partition on a real Redis, for tests: keys, clients, and its scripts with everything that does not matter filled in. */
import type { Redis } from 'ioredis'
import { startRedis, type TestRedis } from '../../test/harness/redis.ts'
import { connect } from '../stream/connection.ts'
import { type PartitionKeys, partitionKeys } from '../stream/keys.ts'
import { type Acquired, acquire, type Commit } from './redis-scripts.ts'

export const TTL = 1000

export interface Bench {
  server: TestRedis
  redis: Redis
  stop(): Promise<void>
}

export async function startBench(args: string[] = []): Promise<Bench> {
  const server = await startRedis({ args })
  const redis = connect(server.url, 'commit')
  await redis.connect()
  return {
    server,
    redis,
    stop: async () => {
      redis.disconnect()
      await server.stop()
    },
  }
}

let partitions = 0

/** A partition nobody else uses. */
export function freshKeys(): PartitionKeys {
  return partitionKeys('weir', 'bench', partitions++)
}

export async function own(
  redis: Redis,
  keys: PartitionKeys,
  worker = 'w1',
  old = '',
): Promise<Acquired & { verdict: 'OK' }> {
  const acquired = await acquire(redis, keys, worker, 'nonce', TTL, '1-0', old)
  if (acquired.verdict !== 'OK') throw new Error(`acquire answered ${acquired.verdict}`)
  return acquired
}

/** A commit that moves the position to the entries given (their ids), and writes nothing else unless told to. */
export function commitOf(
  token: string,
  before: string,
  after: string,
  ids: string[],
  more: Partial<Commit> = {},
): Commit {
  return {
    token,
    before,
    after,
    off: ids.at(-1) ?? '0-0',
    n: ids.length,
    ttl: TTL,
    trim: '',
    outboxTrim: '',
    tails: ids.slice(-1),
    meta: [],
    pend: [],
    view: [],
    viewGone: [],
    outbox: [],
    snapshot: [],
    snapshotGone: [],
    dead: [],
    late: [],
    live: [],
    acks: [],
    accountsGone: [],
    accounts: [],
    ...more,
  }
}

export async function addEntries(redis: Redis, keys: PartitionKeys, n: number): Promise<string[]> {
  const ids: string[] = []
  for (let i = 0; i < n; i++) ids.push((await redis.xadd(keys.log, '*', 'k', String(i)))!)
  return ids
}

/** Group `weir` of the log, as XINFO GROUPS tells it. */
export async function groupOf(redis: Redis, keys: PartitionKeys): Promise<Record<string, unknown>> {
  const [group] = (await redis.xinfo('GROUPS', keys.log)) as unknown[][]
  return Object.fromEntries(
    Array.from({ length: group!.length / 2 }, (_, i) => [group![2 * i], group![2 * i + 1]]),
  )
}
