/** Partitions driven step by step on a real Redis, for tests: what a worker does in its loops, without the loops. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { CompiledConfig } from '../config/compiled.ts'
import { appendConfig } from '../control/control-log.ts'
import { batchFields } from '../event/entry.ts'
import { type TestEvent, testConfig } from '../fold.fixture.ts'
import { threshold } from '../rule/rule.fixture.ts'
import { createPlainStore } from '../series/plain-store.ts'
import { admitter, claim, type Target } from './claim.ts'
import { Controls } from './controls.ts'
import type { Small } from './folding.ts'
import type { PartitionEnvironment } from './environment.ts'
import { logEntries, type LogEntries } from '../stream/log-entries.ts'
import type { Partition } from './partition.ts'

let spaces = 0

export class Shell {
  readonly env: PartitionEnvironment
  readonly controls: Controls
  readonly failures: unknown[] = []
  readonly worker: string

  constructor(redis: Redis, namespace: string, worker: string, env: Partial<PartitionEnvironment> = {}) {
    this.worker = worker
    this.env = {
      redis,
      namespace,
      store: createPlainStore(redis),
      ttl: 60_000,
      commitEvery: 0,
      snapshotEvery: 60_000,
      onFailure: (_, error) => void this.failures.push(error),
      now: Date.now,
      breathe: () => null,
      ...env,
    }
    this.controls = new Controls(redis, namespace)
  }

  /** A namespace of its own with `config` published. */
  static async on(
    redis: Redis,
    config: CompiledConfig,
    env: Partial<PartitionEnvironment> = {},
  ): Promise<Shell> {
    const namespace = `t${spaces++}`
    await appendConfig(redis, namespace, config, 'test')
    return new Shell(redis, namespace, 'w1', env)
  }

  /** Another process in the same namespace. */
  other(worker: string, env: Partial<PartitionEnvironment> = {}): Shell {
    return new Shell(this.env.redis, this.env.namespace, worker, { ...this.env, ...env })
  }

  async claim(target: Target, own = ''): Promise<Partition> {
    await this.controls.refresh()
    const claimed = await claim(this.env, this.controls, this.worker, target, own)
    if (claimed.verdict === 'HELD') throw new Error('HELD')
    return claimed.partition
  }

  async read(partition: Partition, count = 50): Promise<LogEntries> {
    const reply = await this.env.redis.xread('COUNT', count, 'STREAMS', partition.keys.log, partition.off)
    return logEntries(reply?.[0]?.[1] ?? [])
  }

  /** One turn of a worker's loop. */
  async turn(partition: Partition): Promise<'idle' | 'busy' | 'lost'> {
    const raw = partition.hungry ? await this.read(partition) : logEntries([])
    await partition.feed(raw, admitter(this.controls))
    const pulse = partition.pulse(Date.now(), this.controls.newest)
    return pulse === 'idle' && raw.length > 0 ? 'busy' : pulse
  }

  /** Turns until nothing is left to do, or the lease is lost. */
  async settle(partition: Partition): Promise<'idle' | 'lost'> {
    for (let i = 0; i < 2000; i++) {
      const pulse = await this.turn(partition)
      if (pulse === 'lost' || (pulse === 'idle' && partition.drain.length === 0)) return pulse
      await sleep(1)
    }
    throw new Error('a partition does not come to rest')
  }

  /** Lets twenty seconds of log time pass, so that panes close and windows are read. */
  async pass(partition: Partition): Promise<void> {
    await this.env.redis.xadd(partition.keys.log, `${Date.now() + 20_000}-0`, 'weir', 'tick/1')
    await this.settle(partition)
  }

  async small(partition: Partition): Promise<Small> {
    return JSON.parse((await this.env.redis.hget(partition.keys.meta, 'small'))!) as Small
  }

  /** Sums of `column` in the kept series of metric `m`. */
  async total(partition: Partition, column: 'count' | 'sum'): Promise<number> {
    const { store } = this.env
    let total = 0
    for (const group of await store.groups(partition.keys, 'm')) {
      const found = await store.range(partition.keys, 'm', '10s', group, [column], 0, Date.now() + 60_000)
      total += found.values[0]!.reduce<number>((sum, value) => sum + (value ?? 0), 0)
    }
    return total
  }
}

/** Sends `events` as one batch of producer `from`. */
export async function sendBatch(
  redis: Redis,
  log: string,
  from: string,
  seq: number,
  events: TestEvent[],
): Promise<void> {
  const columns = Object.fromEntries(
    (['at', 'k', 'v', 'good'] as const).map((name) => [name, events.map((event) => event[name])]),
  )
  await redis.xadd(log, '*', ...batchFields(from, seq, events.length, 'x', 0, JSON.stringify(columns)))
}

/** One event every `step` ms, the last one 20 s ago. */
export function pastEvents(n: number, step: number): TestEvent[] {
  const last = Date.now() - 20_000
  return Array.from({ length: n }, (_, i) => ({
    at: last - (n - 1 - i) * step,
    k: `k${i % 5}`,
    v: i + 1,
    good: true,
  }))
}

const DAY = 86_400_000

/** Lateness of a day: panes stay, so that the state is large enough for rounds of several commits. */
export function configOf(
  change: Partial<CompiledConfig['streams'][number]> = {},
  rules = [threshold()],
): CompiledConfig {
  const config = testConfig('live', rules)
  config.streams[0] = { ...config.streams[0]!, lateness: DAY, ...change }
  return config
}

/** Kills the partition's process: nothing it still holds in memory is ever written. */
export async function kill(partition: Partition): Promise<void> {
  await partition.drop()
}
