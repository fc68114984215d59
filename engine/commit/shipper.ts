/**
 * Ships a partition's outbox to other slots as an ordinary producer `x:<stream>.<partition>`. Resending is
 * harmless (the target knows the numbers); an item is trimmed only when the target's last snapshot holds it, and
 * shipped again where the target's log has lost it.
 */
import type { Redis } from 'ioredis'
import { batchFields } from '../event/entry.ts'
import { SHIPPER } from '../event/sequence.ts'
import { partitionKeys } from '../stream/keys.ts'
import { sendEach } from '../stream/send-each.ts'
import type { OutboxItem } from './outgoing.ts'

const ASK_EVERY = 5000
/** Shipped items looked for in the log of their target at a time. */
const LOOK_FOR = 500

interface Waiting {
  /** In the outbox. */
  id: string
  item: OutboxItem
  /** In the log of the target; '' before it is shipped. */
  at: string
}

export class Shipper {
  /** Outbox id below which the next commit may trim; '' for nothing. */
  trim = ''
  private readonly redis: Redis
  private readonly namespace: string
  private readonly id: string
  /** Shipped or not, not yet confirmed. */
  private readonly items: Waiting[] = []
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
      this.items.push({ id: pairs[i]!, item: JSON.parse(pairs[i + 1]!) as OutboxItem, at: '' })
    }
    this.go()
  }

  /** Asks the targets what they hold; call now and then. `now`: any monotone ms. Never rejects. */
  async confirm(now: number): Promise<void> {
    if (this.shipped === 0 || now - this.askedAt < ASK_EVERY) return
    this.askedAt = now
    try {
      await this.settle()
      await this.prove()
    } catch (error) {
      // A target that is away holds up nothing but what is on its way to it.
      this.onFailure(error)
    }
  }

  async stop(): Promise<void> {
    this.stopped = true
    await this.running
  }

  /** Forgets what the targets' snapshots hold. */
  private async settle(): Promise<void> {
    const acked = new Map<string, number>()
    for (const to of new Set(this.items.map(({ item }) => item.to))) {
      acked.set(to, Number((await this.redis.hget(this.target(to).acks, this.id)) ?? -1))
    }
    let confirmed = 0
    while (confirmed < this.shipped) {
      const { item } = this.items[confirmed]!
      if (item.seq + item.n - 1 > acked.get(item.to)!) break
      confirmed++
    }
    if (confirmed === 0) return
    this.trim = `${Number.parseInt(this.items[confirmed - 1]!.id) + 1}-0`
    this.items.splice(0, confirmed)
    this.shipped -= confirmed
  }

  /** A failover may have taken back what a target acknowledged: from the first that is gone, all is shipped again. */
  private async prove(): Promise<void> {
    const looked = this.items.slice(0, Math.min(this.shipped, LOOK_FOR))
    const answers = await sendEach(
      this.redis,
      looked.map(({ item, at }) => ['XRANGE', this.target(item.to).log, at, at]),
    )
    const gone = answers.findIndex(([error, found]) => error === null && (found as unknown[]).length === 0)
    if (gone < 0) return
    this.shipped = Math.min(this.shipped, this.items.indexOf(looked[gone]!))
    this.go()
  }

  private go(): void {
    if (this.shipped < this.items.length) this.running ??= this.run()
  }

  private async run(): Promise<void> {
    let wait = 50
    while (this.shipped < this.items.length && !this.stopped) {
      try {
        const next = this.items[this.shipped]!
        const { to, seq, n, cols } = next.item
        const at = await this.redis.xadd(
          this.target(to).log,
          '*',
          ...batchFields(this.id, seq, n, 'x', 0, cols),
        )
        next.at = at ?? ''
        // Not where meanwhile an earlier one was found to be gone.
        if (this.items[this.shipped] === next) this.shipped++
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
