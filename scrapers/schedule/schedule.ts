/** Runs scrapers when they are due: each on its own timer, one run at a time each, none waiting for another. */
import type { Scraper } from '../index.ts'
import { NEVER, firstDue, jitter, nextDue } from './plan.ts'

export interface Scheduled {
  scraper: Scraper
  version: string
}

export interface ScheduleWorld {
  now: () => number
  /** 0 … 1 */
  random: () => number
  /** Does one run; `late`: ms between due time and start. Must not reject. */
  run: (scheduled: Scheduled, late: number) => Promise<void>
}

export interface Schedule {
  /** Replaces what is scheduled. Scrapers that did not change keep their turn; running ones finish. */
  set(all: Scheduled[]): void
  /** Turns slept through because the run before was still going. */
  readonly missed: number
  readonly running: number
  readonly size: number
  /** Stops all timers and waits for running ones, at most `grace` ms. */
  stop(grace: number): Promise<void>
}

interface Entry extends Scheduled {
  due: number
  timer: NodeJS.Timeout | null
  gone: boolean
}

/** Node's timers overflow beyond this; longer waits are made of several. */
const MAX_TIMER_MS = 2 ** 31 - 1

export function createSchedule(world: ScheduleWorld): Schedule {
  const entries = new Map<string, Entry>()
  const running = new Set<Promise<void>>()
  let missed = 0
  let stopped = false

  function arm(entry: Entry, at: number): void {
    if (stopped || entry.gone || at === NEVER) return
    const wait = Math.max(0, at - world.now())
    entry.timer = setTimeout(
      () => (wait > MAX_TIMER_MS ? arm(entry, at) : start(entry)),
      Math.min(wait, MAX_TIMER_MS),
    )
  }

  function start(entry: Entry): void {
    const begun = world.now()
    const done = world
      .run(entry, Math.max(0, begun - entry.due))
      // run() promises not to reject; a broken promise must not end the schedule.
      .catch(() => undefined)
      .finally(() => {
        running.delete(done)
        const next = nextDue(entry.scraper.every, entry.due, world.now())
        missed += next.missed
        entry.due = next.due
        arm(entry, next.due + jitter(entry.scraper.every, world.random()))
      })
    running.add(done)
  }

  function drop(entry: Entry): void {
    entry.gone = true
    if (entry.timer) clearTimeout(entry.timer)
  }

  return {
    set(all) {
      const wanted = new Map(all.map((each) => [each.scraper.name, each]))
      for (const [name, entry] of entries) {
        const next = wanted.get(name)
        const same = next && sameTiming(next.scraper, entry.scraper)
        if (same) Object.assign(entry, { scraper: next.scraper, version: next.version })
        else {
          drop(entry)
          entries.delete(name)
        }
      }
      for (const [name, each] of wanted) {
        if (entries.has(name)) continue
        const due = firstDue(each.scraper.every, world.now(), world.random())
        const entry: Entry = { ...each, due, timer: null, gone: false }
        entries.set(name, entry)
        arm(entry, due)
      }
    },
    get missed() {
      return missed
    },
    get running() {
      return running.size
    },
    get size() {
      return entries.size
    },
    async stop(grace) {
      stopped = true
      for (const entry of entries.values()) drop(entry)
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, grace)))
      await Promise.race([Promise.all(running), late])
      clearTimeout(timer)
    },
  }
}

function sameTiming(a: Scraper, b: Scraper): boolean {
  return JSON.stringify(a.every) === JSON.stringify(b.every)
}
