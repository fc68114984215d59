/**
 * What a fold takes for the time of its log. Ids carry server time, but any client may write an id of its own, and a
 * server's clock can be set back: then log time is ahead of all clocks and stands still. A fold sees no clock, so
 * its owner, who does, says it in the log: `clock/1 ahead <server ms>` wherever a tick would be due, and
 * `clock/1 right` when it is over. And as the owner comes later than the entry that leaps, that entry is held back
 * until log time moves on by itself or a tick follows, which the owner writes only while the clock is right.
 */
import type { Entry } from './event/entry.ts'
import { Texts } from './event/texts.ts'

/** A leap of log time up to this (ms) is believed at once; the owner calls a log ahead from here on, too. */
export const MAX_LEAP = 60_000

/** Entries held back at most; what comes beyond is folded without moving the time. */
const MAX_HELD = 16

export interface ClockState {
  now: number | null
  ahead: boolean
  /** Log time of the entry that leapt; null: none is doubted. */
  leapt: number | null
  held: Entry[]
}

export class LogClock {
  /** Newest log time believed, ms; while ahead, the newest server time told. */
  now = Number.NEGATIVE_INFINITY
  ahead = false
  leapt: number | null = null
  private held: Entry[] = []

  /** Whether `entry` can be folded by itself, as nearly all can: nothing is held back, and its time is believed. */
  passes(entry: Entry): boolean {
    return this.leapt === null && !this.ahead && entry.kind !== 'clock' && this.believes(entry)
  }

  /** Which entries to fold now, in order: this one and those held back before it, or none yet. */
  admit(entry: Entry): Entry[] {
    if (entry.kind === 'clock') this.ahead = entry.ahead
    else if (this.ahead) return [entry]
    else if (!this.believes(entry)) {
      this.leapt = entry.ms
      return this.held.push(entry) > MAX_HELD ? [this.held.pop()!] : []
    }
    this.leapt = null
    return [...this.held.splice(0), entry]
  }

  /** Called with every entry that is folded, before it is. */
  pass(entry: Entry): void {
    if (entry.kind === 'clock') this.now = Math.max(this.now, entry.at)
    else if (!this.ahead && this.leapt === null) this.now = Math.max(this.now, entry.ms)
  }

  private believes(entry: Entry): boolean {
    const first = this.now === Number.NEGATIVE_INFINITY
    const moved = this.leapt !== null && entry.ms !== this.leapt
    return first || moved || entry.kind === 'tick' || entry.ms - this.now <= MAX_LEAP
  }

  /** Event time of a row that carries none, in an entry of log time `ms`. */
  eventTime(ms: number): number {
    return this.ahead ? this.now : ms
  }

  /** How far an entry of log time `ms` may move the watermark. */
  bound(ms: number): number {
    return this.ahead || this.leapt !== null ? Math.min(ms, this.now + MAX_LEAP) : ms
  }

  toJSON(): ClockState {
    return {
      now: Number.isFinite(this.now) ? this.now : null,
      ahead: this.ahead,
      leapt: this.leapt,
      held: this.held,
    }
  }

  restore(state: ClockState): void {
    this.now = state.now ?? Number.NEGATIVE_INFINITY
    this.ahead = state.ahead
    this.leapt = state.leapt
    this.held = state.held.map(revived)
  }
}

/** From the JSON of a snapshot, where the fields of a flat event are strings. */
function revived(entry: Entry): Entry {
  return entry.kind === 'flat' ? { ...entry, fields: Texts.of(entry.fields as unknown as string[]) } : entry
}
