/**
 * What a producer has numbered for one partition by the end of each minute, for the beats that tell it: so that what
 * never arrives is seen, and what is missing is known to the minute.
 */
import { beatFields, MAX_BEAT_MINUTES } from './entry.ts'

/** Between two beats of one producer, ms. */
export const BEAT_EVERY = 10_000

export interface Heartbeat {
  /** Whether a beat of it is in the log. */
  readonly begun: boolean
  /** Notes that `from` has numbered its rows below `upTo`, the newest in `minute` (ms). */
  note(from: string, minute: number, upTo: number): void
  /** The fields of a beat with what is not told yet; null where nothing is. */
  due(): string[] | null
  /** The beat that `due` gave last is in the log. */
  told(): void
}

export function createHeartbeat(): Heartbeat {
  let id = ''
  /** Minutes, rising, with the rows numbered by their end; the first may be told already. */
  let minutes: [minute: number, upTo: number][] = []
  let toldUpTo = 0
  let offered = { minute: 0, upTo: 0 }
  let begun = false

  return {
    get begun() {
      return begun
    },
    note: (from, minute, upTo) => {
      if (from !== id) {
        id = from
        minutes = []
        toldUpTo = 0
        offered = { minute: 0, upTo: 0 }
      }
      const newest = minutes.at(-1)
      // A clock that was set back: numbers and minutes rise together.
      if (newest !== undefined && minute <= newest[0]) newest[1] = upTo
      else minutes.push([minute, upTo])
      if (minutes.length > MAX_BEAT_MINUTES) minutes.shift()
    },
    due: () => {
      const newest = minutes.at(-1)
      if (newest === undefined || newest[1] === toldUpTo) return null
      offered = { minute: newest[0], upTo: newest[1] }
      return beatFields(id, minutes)
    },
    told: () => {
      minutes = minutes.filter(([minute]) => minute >= offered.minute)
      toldUpTo = offered.upTo
      begun = true
    },
  }
}
