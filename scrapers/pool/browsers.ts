/**
 * One browser in use, others draining: launches with back-off, hands out a new context per job, retires a
 * browser at once when it breaks, has done its share or grows too large, and closes it when its last job is gone.
 */
import type { Browser, Page } from 'puppeteer-core'
import { type MemoryLimits, watchMemory } from './memory-watch.ts'
import { newProfile, removeProfile } from './profile.ts'
import type { Relay } from './relay.ts'

export interface BrowsersOptions {
  /** `signal`: it takes too long, and is to be killed. */
  launch: (profile: string, signal: AbortSignal) => Promise<Browser>
  /** Longest time a launch may take, ms. */
  launchTimeout: number
  /** Longest time that a context or page may take to open or close, ms: milliseconds, unless the browser is broken. */
  stepTimeout: number
  /** A browser is replaced after so many jobs, or at this age (ms). */
  jobs: number
  age: number
  memory: MemoryLimits
  /** How long one job waits for a browser that will not start, ms. */
  patience: number
  /** The way out of each context; null where names are resolved elsewhere (host rules). */
  relay: (() => Promise<Relay>) | null
  now: () => number
}

/** One page in its own context, and how to give it back. */
export interface Lease {
  page: Page
  /** Everything the page sends passes here, and nothing before `allow`; null with host rules. */
  relay: Relay | null
  /** Whether its browser still answers; when not, a failure of the job is the browser's. */
  connected: () => boolean
  release: () => Promise<void>
}

interface Running {
  browser: Browser
  profile: string
  born: number
  started: number
  open: number
  retired: boolean
  stopWatch: () => void
}

export class Browsers {
  readonly #options: BrowsersOptions
  readonly #all = new Set<Running>()
  #current: Running | null = null
  #launching: Promise<Running> | null = null
  #closed = false
  /** Launches that worked and that failed, since the start. */
  launched = 0
  failed = 0
  /** Browsers replaced for their size, and pages ended for theirs. */
  outgrown = 0
  greedyPages = 0

  constructor(options: BrowsersOptions) {
    this.#options = options
  }

  /** Processes of browsers that are up, the draining ones included. */
  get pids(): number[] {
    return [...this.#all].flatMap(({ browser }) => browser.process()?.pid ?? [])
  }

  /** A page of its own. Rejects only when no browser could be had within `patience`. */
  async acquire(): Promise<Lease> {
    const { now, patience } = this.#options
    const until = now() + patience
    for (let attempt = 0; ; attempt += 1) {
      if (this.#closed) throw new Error('the pool is closed')
      let running: Running | null = null
      try {
        running = await this.#usable()
        return await this.#open(running)
      } catch (error) {
        if (running) this.#retire(running)
        const wait = Math.min(100 * 2 ** attempt, 2000)
        if (this.#closed || now() + wait > until) throw error
        await new Promise((resolve) => setTimeout(resolve, wait))
      }
    }
  }

  /** Closes every browser; jobs still open fail. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#launching?.catch(() => undefined)
    await Promise.all([...this.#all].map((running) => this.#shut(running)))
  }

  async #usable(): Promise<Running> {
    const { now, jobs, age } = this.#options
    const current = this.#current
    if (current && current.browser.connected && current.started < jobs && now() - current.born < age)
      return current
    if (current) this.#retire(current)
    this.#launching ??= this.#launch().finally(() => (this.#launching = null))
    return this.#launching
  }

  async #launch(): Promise<Running> {
    const profile = await newProfile()
    try {
      const browser = await this.#start(profile)
      const running: Running = {
        browser,
        profile,
        born: this.#options.now(),
        started: 0,
        open: 0,
        retired: false,
        stopWatch: () => undefined,
      }
      running.stopWatch = watchMemory(browser.process()?.pid, this.#options.memory, {
        large: () => {
          if (running.retired) return
          this.outgrown += 1
          this.#retire(running)
        },
        ended: () => (this.greedyPages += 1),
      })
      this.#all.add(running)
      browser.once('disconnected', () => this.#retire(running))
      this.#current = running
      this.launched += 1
      return running
    } catch (error) {
      this.failed += 1
      await removeProfile(profile)
      throw error
    }
  }

  /** One that is killed at the wrong moment of its start is waited for in vain by puppeteer. */
  async #start(profile: string): Promise<Browser> {
    const given = new AbortController()
    const launching = this.#options.launch(profile, given.signal)
    try {
      return await within(this.#options.launchTimeout, launching)
    } catch (error) {
      given.abort()
      launching.then((late) => late.close()).catch(() => undefined)
      throw error
    }
  }

  async #open(running: Running): Promise<Lease> {
    const { stepTimeout } = this.#options
    running.started += 1
    running.open += 1
    let relay: Relay | null = null
    try {
      relay = (await this.#options.relay?.()) ?? null
      const context = await within(
        stepTimeout,
        running.browser.createBrowserContext({
          downloadBehavior: { policy: 'deny' },
          // Chromium goes around proxies to reach this machine unless it is told not to.
          ...(relay && { proxyServer: relay.url, proxyBypassList: ['<-loopback>'] }),
        }),
      )
      const page = await within(stepTimeout, context.newPage())
      let released = false
      return {
        page,
        relay,
        connected: () => running.browser.connected,
        release: async () => {
          if (released) return
          released = true
          // A context that cannot be closed leaks its pages: better to lose the whole browser.
          await within(stepTimeout, context.close()).catch(() => this.#retire(running))
          relay?.close()
          this.#leave(running)
        },
      }
    } catch (error) {
      relay?.close()
      this.#leave(running)
      throw error
    }
  }

  #leave(running: Running): void {
    running.open -= 1
    if (running.retired && running.open === 0) void this.#shut(running)
  }

  #retire(running: Running): void {
    running.retired = true
    if (this.#current === running) this.#current = null
    if (running.open === 0 || !running.browser.connected) void this.#shut(running)
  }

  async #shut(running: Running): Promise<void> {
    if (!this.#all.delete(running)) return
    running.stopWatch()
    const child = running.browser.process()
    await within(3000, running.browser.close()).catch(() => undefined)
    // Chromium leads its own process group: this reaches renderers that outlive it, too.
    if (child?.pid !== undefined && child.exitCode === null) {
      try {
        process.kill(-child.pid, 'SIGKILL')
      } catch {
        child.kill('SIGKILL')
      }
    }
    await removeProfile(running.profile)
  }
}

/** The promise, or a rejection after `ms`. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
