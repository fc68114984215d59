/** When a batch begins and when it is due, by the wall clock of its time zone. Pure. */

export interface BatchClock {
  /** Minutes after midnight. A deadline at or before the start is on the next day. */
  start: number
  deadline: number
  timeZone: string
  /** Days on which it begins, 0 = Sunday. */
  days: readonly number[]
}

/** ms since 1970. */
export interface BatchSpan {
  start: number
  deadline: number
  /** The next batch's start. */
  next: number
}

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
/** A week on either side holds every day of it. */
const REACH = 8

/** The batch that began last before `t`. */
export function spanAt(clock: BatchClock, t: number): BatchSpan {
  const { start, deadline, timeZone, days } = clock
  const today = Math.floor((t + offsetAt(timeZone, t)) / DAY) * DAY
  const dates = Array.from({ length: 2 * REACH + 1 }, (_, i) => today + (i - REACH) * DAY)
  const begins = dates
    .filter((date) => days.includes(new Date(date).getUTCDay()))
    .map((date) => ({ date, at: instant(timeZone, date + start * MINUTE) }))
  const last = begins.findLast(({ at }) => at <= t)!
  const due = last.date + (deadline <= start ? DAY : 0) + deadline * MINUTE
  return {
    start: last.at,
    deadline: instant(timeZone, due),
    next: begins.find(({ at }) => at > t)!.at,
  }
}

/** When a wall clock in `timeZone` shows `wall` (ms as if it were UTC); in the gap of a change, what it shows after. */
function instant(timeZone: string, wall: number): number {
  const guess = wall - offsetAt(timeZone, wall)
  return wall - offsetAt(timeZone, guess)
}

/** ms that a wall clock in `timeZone` is ahead of UTC at `t`. */
function offsetAt(timeZone: string, t: number): number {
  const parts = formatOf(timeZone).formatToParts(t)
  const part = (type: Intl.DateTimeFormatPartTypes): number =>
    Number(parts.find((one) => one.type === type)!.value)
  const wall = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  )
  return wall - Math.floor(t / 1000) * 1000
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** Making one takes a hundred times as long as using it. Throws RangeError where there is no such zone. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known !== undefined) return known
  const numeric = 'numeric' as const
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: numeric,
    month: numeric,
    day: numeric,
    hour: numeric,
    minute: numeric,
    second: numeric,
  })
  formats.set(timeZone, format)
  return format
}
