/**
 * Ships a partition's outbox to other slots as an ordinary producer `x:<stream>.<partition>`. Resending is
 * harmless (the target knows the numbers); an item is trimmed only when the target's last snapshot holds it.
 */
import type { Redis } from 'ioredis'
import { batchFields } from '../event/entry.ts'
import { SHIPPER } from '../event/sequence.ts'
import { partitionKeys } from '../stream/keys.ts'
import type { OutboxItem } from './outgoing.ts'

const ASK_EVERY = 5000

export class Shipper {
  /** Outbox id below which the next commit may trim; '' for nothing. */
  trim = ''
  private readonly redis: Redis
  private readonly namespace: string
  private readonly id: string
  /** Shipped or not, not yet confirmed: [outbox id, item]. */
  private readonly items: [string, OutboxItem][] = []
  private shipped = 0
  private running: Promise<void> | null = null
  private stopped = false
  private askedAt = Number.NEGATIVE_INFINITY
  private readonly onFailure: (error: unknown) => void

  constructor(redis: Redis, namespace: string, source: string, onFailure: (error: unknown) => void) {
    this.redis = redis
    this.namespace = namespace
    this.id = `${SHIPPER}${source}`
    this.onFailure = onFailure
  }

  /** Queues what a commit has put into the outbox: flat pairs [id, JSON, …]. */
  add(pairs: readonly string[]): void {
    for (let i = 0; i + 1 < pairs.length; i += 2) {
      this.items.push([pairs[i]!, JSON.parse(pairs[i + 1]!) as OutboxItem])
    }
    if (this.shipped < this.items.length) this.running ??= this.run()
  }

  /** Asks the targets what they hold; call now and then. `now`: any monotone ms. */
  async confirm(now: number): Promise<void> {
    if (this.shipped === 0 || now - this.askedAt < ASK_EVERY) return
    this.askedAt = now
    const acked = new Map<string, number>()
    for (const to of new Set(this.items.map(([, item]) => item.to))) {
      acked.set(to, Number((await this.redis.hget(this.target(to).acks, this.id)) ?? -1))
    }
    let confirmed = 0
    while (confirmed < this.shipped) {
      const [, item] = this.items[confirmed]!
      if (item.seq + item.n - 1 > acked.get(item.to)!) break
      confirmed++
    }
    if (confirmed === 0) return
    const [last] = this.items[confirmed - 1]!
    this.trim = `${Number.parseInt(last) + 1}-0`
    this.items.splice(0, confirmed)
    this.shipped -= confirmed
  }

  async stop(): Promise<void> {
    this.stopped = true
    await this.running
  }

  private async run(): Promise<void> {
    let wait = 50
    while (this.shipped < this.items.length && !this.stopped) {
      try {
        const [, item] = this.items[this.shipped]!
        await this.redis.xadd(
          this.target(item.to).log,
          '*',
          ...batchFields(this.id, item.seq, item.n, 'x', 0, item.cols),
        )
        this.shipped++
        wait = 50
      } catch (error) {
        this.onFailure(error)
        await new Promise((resolve) => setTimeout(resolve, wait))
        wait = Math.min(2000, wait * 2)
      }
    }
    this.running = null
  }

  private target(to: string): { log: string; acks: string } {
    const dot = to.lastIndexOf('.')
    return partitionKeys(this.namespace, to.slice(0, dot), Number(to.slice(dot + 1)))
  }
}
