/**
 * The concurrency class that puppeteer-cluster runs on here. The built-in ones wait for ever when a relaunch
 * fails once; this one never lets a job instance fail: a job that got no page is told so, and ends as itself.
 */
import { EventEmitter } from 'node:events'
import type { Cluster } from 'puppeteer-cluster'
import type { Browsers, Lease } from './browsers.ts'

/** What the cluster hands to a task as its page: either a lease, or why there is none. */
export class Seat extends EventEmitter {
  readonly lease: Lease | null
  readonly failure: unknown

  constructor(lease: Lease | null, failure: unknown) {
    super()
    this.lease = lease
    this.failure = failure
  }
}

/** Contexts that are being closed while other jobs run. */
const MAX_CLOSING = 2

type Concurrency = Extract<
  NonNullable<Parameters<typeof Cluster.launch>[0]['concurrency']>,
  new (...args: never[]) => unknown
>

/** A class bound to these browsers, as `Cluster.launch({concurrency})` wants it. */
export function rotating(browsers: Browsers): Concurrency {
  const closing = new Set<Promise<void>>()

  /** The next job begins while the context of the one before is still being closed, but never many of them. */
  async function leave({ lease }: Seat): Promise<void> {
    if (lease === null) return
    const done: Promise<void> = lease.release().finally(() => closing.delete(done))
    closing.add(done)
    if (closing.size > MAX_CLOSING) await done
  }

  class Rotating {
    async init(): Promise<void> {}

    async close(): Promise<void> {
      await browsers.close()
    }

    async workerInstance() {
      return {
        jobInstance: async () => {
          const seat = await browsers.acquire().then(
            (lease) => new Seat(lease, null),
            (error: unknown) => new Seat(null, error),
          )
          return { resources: { page: seat }, close: () => leave(seat) }
        },
        close: async () => undefined,
        // Browsers repair themselves while others drain; the cluster must never wait for that.
        repair: async () => undefined,
      }
    }
  }
  // The cluster only calls what stands above, and only `on` of the page.
  return Rotating as unknown as Concurrency
}
