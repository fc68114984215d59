/** Tells of due times that ended without a run, however often it takes, until all is to stop. */
import type { Missed, Owed } from '../../engine/index.ts'
import { type Every, readEvery } from '../define/every.ts'
import type { Scraper } from '../index.ts'
import { dueAfter } from './plan.ts'
import type { Rest } from './rest.ts'
import type { ScheduleWorld, Scheduled, Unrun } from './schedule.ts'

/** All of it false where all is to stop before it is done. */
export interface Teller {
  one(scheduled: Scheduled, unrun: Unrun): Promise<boolean>
  /** And waits until it is in Redis. */
  owed(scheduled: Scheduled, owed: Owed): Promise<boolean>
  /** Every event of this one so far is in Redis. */
  flushed(scheduled: Scheduled): Promise<boolean>
  /** Due times that passed without a run, as far as they were told here. */
  readonly missed: number
}

/** Where its events go. */
export function streamsOf(scraper: Scraper): string[] {
  return ['fields', 'runs', ...(scraper.kind === 'json' ? [scraper.into] : [])]
}

/** Missed due times with an event each; more of them share one. */
const MAX_TOLD = 10
const TELL_AGAIN_MS = 1000
const FLUSH_AGAIN_MS = 20

export function createTeller(
  world: Pick<ScheduleWorld, 'tell' | 'flush' | 'failed'>,
  rest: Pick<Rest, 'over' | 'nap'>,
): Teller {
  let missed = 0

  async function one(scheduled: Scheduled, unrun: Unrun): Promise<boolean> {
    for (let tries = 1; ; tries += 1) {
      try {
        await world.tell(scheduled, unrun)
        return true
      } catch (error) {
        if (tries === 1) world.failed(error, `an event of ${scheduled.scraper.name}`)
        if (rest.over) return false
        await rest.nap(TELL_AGAIN_MS)
      }
    }
  }

  /** A few one by one, so that each counts once whoever tells it again; many in one event. */
  async function passed(scheduled: Scheduled, { count, ...gone }: Missed, every: Every): Promise<boolean> {
    missed += count
    if (count > MAX_TOLD) return one(scheduled, { count, ...gone })
    for (let i = 0; i < count; i += 1) {
      const due = dueAfter(every, gone.due, i)
      if (!(await one(scheduled, { ...gone, due, count: 1 }))) return false
    }
    return true
  }

  async function flushed({ scraper }: Scheduled): Promise<boolean> {
    for (;;) {
      const safe = await world.flush(streamsOf(scraper)).then(
        () => true,
        () => false,
      )
      if (safe || rest.over) return safe
      await rest.nap(FLUSH_AGAIN_MS)
    }
  }

  return {
    one,
    async owed(scheduled, { died, missed: gone, timing }) {
      if (died !== null && !(await one(scheduled, { died }))) return false
      if (gone && !(await passed(scheduled, gone, readEvery(timing)))) return false
      return flushed(scheduled)
    },
    flushed,
    get missed() {
      return missed
    },
  }
}
