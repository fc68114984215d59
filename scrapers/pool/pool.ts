/** The pool of browser workers: jobs wait here, never in the cluster, and always end. */
import { EventEmitter } from 'node:events'
import { availableParallelism } from 'node:os'
import puppeteer from 'puppeteer-core'
import { Cluster } from 'puppeteer-cluster'
import type { Resolve } from '../../engine/index.ts'
import { Browsers, within } from './browsers.ts'
import { type ChromiumOptions, launchOptions } from './flags.ts'
import { MEMORY_LIMITS, type MemoryLimits } from './memory-watch.ts'
import { processTree, proportional } from './process-memory.ts'
import { sweepProfiles } from './profile.ts'
import { openRelay } from './relay.ts'
import { type Seat, rotating } from './rotating.ts'
import { Seats } from './seats.ts'
import type { Lease } from './browsers.ts'

export interface PoolOptions extends Omit<ChromiumOptions, 'profile' | 'noSandbox'> {
  noSandbox?: boolean
  /** Jobs at the same time; default: one per core, at most 4. More gains nothing on real pages. */
  workers?: number
  recycleJobs?: number
  recycleAge?: number
  /** A browser is replaced beyond `browser` bytes, a page ended beyond `page` bytes. */
  memory?: Partial<MemoryLimits>
  /** Longest time one launch may take, ms. */
  launchTimeout?: number
  /** Longest time one step of a browser may take, such as opening a page, ms. */
  stepTimeout?: number
  /** How long a job waits for a browser that will not start, ms. */
  patience?: number
  /** Asked for the addresses of a name; the system's resolver by default. */
  resolve?: Resolve
  /** Replaces the launch, for tests of faults. */
  launch?: (options: ReturnType<typeof launchOptions>) => ReturnType<typeof puppeteer.launch>
}

/** Why a job has no result of its own. */
export class PoolFailure extends Error {
  readonly reason: 'launch' | 'hung' | 'busy' | 'closed'

  constructor(reason: PoolFailure['reason'], message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'PoolFailure'
    this.reason = reason
  }
}

export interface JobLimits {
  deadline: number
  patience: number
  /** Whose page it is: sites take turns. */
  site?: string
}

export interface Pool {
  readonly workers: number
  /** Jobs running, and waiting for a worker. */
  readonly busy: number
  readonly waiting: number
  /** Of those that wait, the ones that only wait for others of their own site. */
  readonly parked: number
  /** Whether jobs of several sites come: then no site has all workers. So it is where nobody says otherwise. */
  share(shared: boolean): void
  readonly launched: number
  readonly failedLaunches: number
  readonly pids: number[]
  /** Browsers replaced because they had grown too large, and pages ended for that. */
  readonly outgrown: number
  readonly greedyPages: number
  readonly closed: boolean
  /** Proportional memory of all browsers, bytes; 0 where it is not known. */
  memory(): Promise<number>
  /**
   * Runs a job with a page of its own, in its own context. Rejects with PoolFailure: `busy` after `patience` ms
   * without a free worker, `launch` without a browser, `hung` when the job passed `deadline`, `closed`.
   */
  run<T>(job: (lease: Lease) => Promise<T>, limits: JobLimits): Promise<T>
  /** Waits for running jobs up to `grace` ms, then closes every browser. Waiting jobs are refused at once. */
  close(grace?: number): Promise<void>
}

/** Starts the pool; the first browser is launched with the first job. */
export async function openPool(options: PoolOptions): Promise<Pool> {
  await sweepProfiles()
  const workers = options.workers ?? Math.min(4, availableParallelism())
  const noSandbox = options.noSandbox ?? process.getuid?.() === 0
  const launch = options.launch ?? ((launchWith) => puppeteer.launch(launchWith))
  const browsers = new Browsers({
    launch: (profile, signal) => launch({ ...launchOptions({ ...options, profile, noSandbox }), signal }),
    launchTimeout: options.launchTimeout ?? 20_000,
    stepTimeout: options.stepTimeout ?? 5000,
    jobs: options.recycleJobs ?? 500,
    age: options.recycleAge ?? 6 * 3_600_000,
    memory: { ...MEMORY_LIMITS, ...options.memory },
    patience: options.patience ?? 10_000,
    relay: options.hostRules === undefined ? () => openRelay(options.resolve) : null,
    now: () => performance.now(),
  })
  const cluster: Cluster<void, void> = await Cluster.launch({
    concurrency: rotating(browsers),
    maxConcurrency: workers,
    puppeteer,
    // Deadlines are kept here, per job; the cluster's own would abandon a job without telling it.
    timeout: 2 ** 31 - 1,
  })
  const seats = new Seats(workers)
  let closed = false
  const idle = new EventEmitter()

  async function run<T>(
    job: (lease: Lease) => Promise<T>,
    { deadline, patience, site = '' }: JobLimits,
  ): Promise<T> {
    if (closed) throw new PoolFailure('closed', 'the pool is closed')
    await seats.take(site, patience, () => new PoolFailure('busy', `no free worker within ${patience} ms`))
    return new Promise<T>((resolve, reject) => {
      const work = async ({ lease, failure }: Seat): Promise<void> => {
        if (!lease)
          return reject(
            new PoolFailure('launch', `no browser could be started: ${messageOf(failure)}`, failure),
          )
        try {
          resolve(await within(deadline, job(lease)))
        } catch (error) {
          const late = error instanceof Error && error.message === `no answer within ${deadline} ms`
          reject(late ? new PoolFailure('hung', `the job passed its deadline of ${deadline} ms`) : error)
        }
      }
      // The page the cluster hands over is the Seat of `rotating`. A worker is free when the cluster says so: a job submitted before would wait in there.
      const executed = cluster.execute(({ page }) => work(page as unknown as Seat))
      executed.catch(reject).finally(() => {
        seats.giveBack(site)
        if (seats.busy === 0) idle.emit('idle')
      })
    })
  }

  async function close(grace = 5000): Promise<void> {
    if (closed) return
    closed = true
    seats.refuseAll(() => new PoolFailure('closed', 'the pool is closing'))
    if (seats.busy > 0)
      await within(grace, new Promise<void>((resolve) => idle.once('idle', () => resolve()))).catch(
        () => undefined,
      )
    // Browsers first: what still runs fails at once instead of holding the cluster.
    await browsers.close()
    await cluster.close()
  }

  return {
    workers,
    get busy() {
      return seats.busy
    },
    get waiting() {
      return seats.waiting
    },
    get parked() {
      return seats.parked
    },
    share(shared) {
      seats.share(shared)
    },
    get launched() {
      return browsers.launched
    },
    get failedLaunches() {
      return browsers.failed
    },
    get pids() {
      return browsers.pids
    },
    get outgrown() {
      return browsers.outgrown
    },
    get greedyPages() {
      return browsers.greedyPages
    },
    async memory() {
      const trees = await Promise.all(browsers.pids.map(processTree))
      return proportional(trees.flat())
    },
    get closed() {
      return closed
    },
    run,
    close,
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.split('\n')[0]!.slice(0, 200) : String(error)
}
