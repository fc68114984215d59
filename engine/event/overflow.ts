/**
 * What a producer does while Redis is away: entries go from the lanes to the disk, and from there back to the lanes,
 * the oldest first. While anything is on disk nothing newer is sent past it.
 */
import type { Lane } from './lane.ts'
import type { Spool } from './spool.ts'

/** What waits in memory. */
export interface Memory {
  /** Seals what is due, so that it can go to disk. */
  seal(): void
  /** Is told what no longer waits. */
  left(rows: number, bytes: number): void
}

export class Overflow {
  /** Entries take the way over the disk. */
  engaged: boolean
  /** Why the disk takes no more, or null. */
  stuck: string | null = null
  private readonly spool: Spool
  private readonly lanes: readonly Lane[]
  private readonly memory: Memory
  /** Entries given to lanes and not yet in Redis. */
  private outstanding = 0
  /** One thing at a time happens to the spool. */
  private queue: Promise<unknown> = Promise.resolve()
  /** A store that has not begun, and will take along what comes until then. */
  private pending: Promise<void> | null = null

  constructor(spool: Spool, lanes: readonly Lane[], memory: Memory) {
    this.spool = spool
    this.lanes = lanes
    this.memory = memory
    this.engaged = !spool.empty
  }

  /** From now on entries go over the disk. Only while none of `sealed` is under way. */
  engage(): void {
    this.engaged = true
  }

  /** Redis takes what is in memory: what the disk did no longer matters. */
  recover(): void {
    if (!this.engaged) this.stuck = null
  }

  /** Writes what is sealed to disk and syncs it. What finds no room, or no working disk, stays; see `stuck`. */
  store(): Promise<void> {
    return (this.pending ??= this.exclusive(async () => {
      this.pending = null
      this.memory.seal()
      const entries = this.lanes.flatMap((lane, partition) =>
        lane.sealed.map(({ rows, bytes, fields }) => ({ partition, rows, bytes, fields })),
      )
      if (!this.engaged || entries.length === 0) return
      let done = 0
      try {
        done = await this.spool.append(entries, () => this.lanes.map((lane) => lane.numbering))
        this.stuck = done < entries.length ? 'the spool is full' : null
      } catch (error) {
        this.stuck = `the spool cannot be written: ${(error as Error).message}`
      }
      for (const { partition, rows, bytes } of entries.slice(0, done)) {
        this.lanes[partition]!.stored(1)
        this.memory.left(rows, bytes)
      }
    }))
  }

  /** Gives the lanes the next entries once those before are in Redis. Ends the detour where nothing is left on disk. */
  async refill(): Promise<void> {
    await this.exclusive(async () => {
      while (this.engaged && this.outstanding === 0) {
        const lost = await this.spool.confirm()
        if (lost !== null) for (const [partition, rows] of lost.entries()) this.lanes[partition]!.giveUp(rows)
        if (this.spool.empty) {
          this.engaged = false
          return
        }
        const entries = await this.spool.next()
        for (const { partition, rows, bytes, fields } of entries)
          this.lanes[partition]!.offer(rows, bytes, fields)
        this.outstanding = entries.length
        if (entries.length > 0) return
      }
    })
  }

  /** An entry that came from disk is in Redis. */
  confirm(): void {
    this.outstanding--
  }

  close(): Promise<void> {
    return this.exclusive(() => this.spool.close())
  }

  private exclusive(work: () => Promise<void>): Promise<void> {
    const done = this.queue.then(work)
    this.queue = done.catch(() => undefined)
    return done
  }
}
