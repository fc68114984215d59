/**
 * Ships a partition's outbox to other slots as an ordinary producer `x:<stream>.<partition>`. Resending is
 * harmless (the target knows the numbers). An item is trimmed only some time after the target's snapshot holds it,
 * and shipped again where a failover took back what the target's log, or its last snapshot, had.
 */
import type { Redis } from 'ioredis'
import { batchFields, partialFields } from '../event/entry.ts'
import { SHIPPER } from '../event/sequence.ts'
import { partitionKeys } from '../stream/keys.ts'
import { sendEach } from '../stream/send-each.ts'
import type { OutboxItem } from './outgoing.ts'

const ASK_EVERY = 5000
/** How long (ms) an item outlives its confirmation: the snapshot that confirmed it may be lost with a master. */
const SAFETY = 60_000
/** Shipped items looked for in the log of their target at a time. */
const LOOK_FOR = 500

interface Waiting {
  /** In the outbox. */
  id: string
  item: OutboxItem
  /** In the log of the target; '' before it is shipped. */
  at: string
  /** Since when the target's snapshot holds it; null: it does not. */
  heldSince: number | null
}

export class Shipper {
  /** Outbox id below which the next commit may trim; '' for nothing. */
  trim = ''
  private readonly redis: Redis
  private readonly namespace: string
  private readonly id: string
  /** Shipped or not, not yet confirmed for long enough. */
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

  /** Queues what an earlier owner left: flat pairs as for `add`. What the targets' snapshots hold is not shipped again. */
  async resume(pairs: readonly string[], now: number): Promise<void> {
    const left = waiting(pairs)
    try {
      const acked = await this.acked(left)
      for (const one of left) if (lastOf(one) <= acked.get(one.item.to)!) one.heldSince = now
    } catch (error) {
      // A target that is away must not keep us from our own work.
      this.onFailure(error)
    }
    this.items.push(...left)
    this.go()
  }

  /** Queues what a commit has put into the outbox: flat pairs [id, JSON, …]. */
  add(pairs: readonly string[]): void {
    this.items.push(...waiting(pairs))
    this.go()
  }

  /** Asks the targets what they hold; call now and then. `now`: any monotone ms. Never rejects. */
  async confirm(now: number): Promise<void> {
    if (this.shipped === 0 || now - this.askedAt < ASK_EVERY) return
    this.askedAt = now
    try {
      await this.settle(now)
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

  /** Forgets what the targets' snapshots have held for long enough. */
  private async settle(now: number): Promise<void> {
    const shipped = this.items.slice(0, this.shipped)
    const acked = await this.acked(shipped)
    for (const [i, one] of shipped.entries()) {
      const held = lastOf(one) <= acked.get(one.item.to)!
      // Held before and not now: the target went back to before that snapshot.
      if (!held && one.heldSince !== null) this.shipped = Math.min(this.shipped, i)
      one.heldSince = held ? (one.heldSince ?? now) : null
    }
    const first = this.items.findIndex(({ heldSince }) => heldSince === null || now - heldSince < SAFETY)
    const done = Math.min(this.shipped, first < 0 ? this.items.length : first)
    if (done > 0) {
      this.trim = `${Number.parseInt(this.items[done - 1]!.id) + 1}-0`
      this.items.splice(0, done)
      this.shipped -= done
    }
    this.go()
  }

  /** Last number that the snapshot of each target holds. */
  private async acked(items: readonly Waiting[]): Promise<Map<string, number>> {
    const acked = new Map<string, number>()
    for (const to of new Set(items.map(({ item }) => item.to)))
      acked.set(to, Number((await this.redis.hget(this.target(to).acks, this.id)) ?? -1))
    return acked
  }

  /** A failover may have taken back what a target acknowledged: from the first that is gone, all is shipped again. */
  private async prove(): Promise<void> {
    const open = this.items.slice(0, this.shipped).filter(({ heldSince }) => heldSince === null)
    const looked = open.slice(0, LOOK_FOR)
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
    // Not at once: a run that has nothing to wait for would end before it is known as running.
    if (this.shipped < this.items.length) this.running ??= Promise.resolve().then(() => this.run())
  }

  private async run(): Promise<void> {
    let wait = 50
    while (this.shipped < this.items.length && !this.stopped) {
      try {
        const next = this.items[this.shipped]!
        if (next.heldSince === null) {
          const { item } = next
          next.at = (await this.redis.xadd(this.target(item.to).log, '*', ...fieldsOf(this.id, item))) ?? ''
        }
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

function waiting(pairs: readonly string[]): Waiting[] {
  const items: Waiting[] = []
  for (let i = 0; i + 1 < pairs.length; i += 2)
    items.push({ id: pairs[i]!, item: JSON.parse(pairs[i + 1]!) as OutboxItem, at: '', heldSince: null })
  return items
}

/** The last number an item carries. */
function lastOf({ item }: Waiting): number {
  return item.seq + item.n - 1
}

/** The entry that an item becomes, from shipper `id`. */
export function fieldsOf(id: string, { seq, n, cols, control }: OutboxItem): string[] {
  return control === undefined ? batchFields(id, seq, n, 'x', 0, cols) : partialFields(id, seq, control, cols)
}
