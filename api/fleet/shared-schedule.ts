/** The schedule with one read of all scrapers for everybody who asks at about the same time. */
import type { FleetSchedule, FleetScraper } from '../../engine/index.ts'
import { sharedRead } from './shared-read.ts'

/** Shown for so long without looking again, ms; what is changed here is seen at once. */
const FRESH = 1000

export function sharedSchedule(schedule: FleetSchedule, clock: () => number): FleetSchedule {
  const all = sharedRead(() => schedule.scrapers(), clock, FRESH)
  const changed = (found: FleetScraper | null): FleetScraper | null => {
    all.forget()
    return found
  }
  return {
    ...schedule,
    scrapers: (name) => (name === undefined ? all.read() : schedule.scrapers(name)),
    pause: async (name, by) => changed(await schedule.pause(name, by)),
    resume: async (name) => changed(await schedule.resume(name)),
    run: async (name, by) => changed(await schedule.run(name, by)),
  }
}
