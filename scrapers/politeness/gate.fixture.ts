/** A gate on a real Redis, a site of its own for each test, and how visits to it go. */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { type BlockAbout, type Outcome, connect, siteKeys } from '../../engine/index.ts'
import { type TestRedis, startRedis } from '../../test/harness/redis.ts'
import type { Gate, Consequence, Visit, Wish } from './gate.ts'
import { redisGate } from './redis-gate.ts'

export const mono = (): number => performance.now()
export const clock = { mono, sleep: (ms: number) => sleep(ms), random: Math.random }
/** Of the test's own exit, ms. */
export const HOME = { first: 15_000, longest: 60_000 }

export class GateWorld {
  redis!: TestRedis
  client!: Redis
  gate!: Gate
  site = ''

  async start(): Promise<void> {
    this.redis = await startRedis()
    this.client = connect(this.redis.url, 'commit')
    await this.client.connect()
    this.gate = redisGate(this.client, 'test', mono)
  }

  async stop(): Promise<void> {
    this.client.disconnect()
    await this.redis.stop()
  }

  get keys(): ReturnType<typeof siteKeys> {
    return siteKeys('test', this.site)
  }

  visit(more: Partial<Visit> = {}): Visit {
    const limits = { minDelay: 0, concurrency: 0, budget: 0 }
    return { site: this.site, token: randomUUID(), ...limits, lease: 30_000, exits: ['direct'], ...more }
  }

  async told(
    outcome: Outcome,
    {
      wish = null,
      coolDown = HOME,
      of,
      exit = 'direct',
    }: { wish?: Wish | null; coolDown?: typeof HOME; of?: Visit; exit?: string } = {},
  ): Promise<Consequence> {
    const away = outcome === 'blocked' || outcome === 'rate_limited'
    const about = { scraper: 'bank', exit, reason: 'challenge', detail: 'says no', url: 'https://x.example/' }
    const block: BlockAbout | null = away ? { ...about, outcome } : null
    return (await this.gate.report(of ?? this.visit(), { outcome, wish, exit, coolDown, block }))!
  }

  /** How long the site is left alone, s, and why; null where it may be visited, which it then is. */
  async refused(more: Partial<Visit> = {}): Promise<string | null> {
    const answer = await this.gate.admit(this.visit(more))
    if (answer.go) return null
    const [seconds, micros] = await this.client.time()
    const left = answer.until - (Number(seconds) * 1000 + Number(micros) / 1000)
    return `${answer.reason} ${Math.round(left / 1000)} s`
  }

  field(name: string): Promise<string | null> {
    return this.client.hget(this.keys.gate, name)
  }
}

/** Starts the world before the tests of a file, and stops it after them. */
export function useGate(): GateWorld {
  const world = new GateWorld()
  let count = 0
  beforeAll(() => world.start())
  beforeEach(() => void (world.site = `site-${(count += 1)}.example`))
  afterAll(() => world.stop())
  return world
}
