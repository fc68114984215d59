/**
 * How far a partition's log may be trimmed: not past the last complete snapshot, and beyond that by age and by
 * bytes. Bytes are counted as entries are read; of what was there before, only how much it is and from when to when:
 * it counts as if it had come evenly.
 */
import { compareIds } from '../stream/entry-id.ts'

const MARK_EVERY = 1024 * 1024

/** Longest age, ms, and bytes per partition; whichever is reached first. */
export interface RetentionLimit {
  age: number
  bytes: number
}

/** What is in the log when its owner begins: bytes, its first and last id, and the server's time, ms. */
export interface Present {
  bytes: number
  first: string
  last: string
  now: number
}

export class Retention {
  /** [id, bytes fed up to and including it], a mark about every MB. */
  private readonly marks: [string, number][] = []
  private total: number
  private markedAt: number
  private snapshot = '0-0'
  private now = 0
  /** The highest id that bytes asked for: what a snapshot holds up today may go with the next one. */
  private wanted = '0-0'
  /** What is fed up to this id was there already, and counts no more; whether it may still come. */
  private readonly present: string
  private readonly presentMs: number
  private counted = true

  constructor({ bytes, first, last, now }: Present) {
    this.total = bytes
    this.markedAt = bytes
    this.present = last
    this.presentMs = Number.parseInt(last)
    // An id may lie far ahead of the time in which it was written.
    const from = Number.parseInt(first)
    const to = Math.max(from, Math.min(Number.parseInt(last), now))
    for (let at = MARK_EVERY; at < bytes; at += MARK_EVERY)
      this.marks.push([`${Math.floor(from + ((to - from) * at) / bytes)}-0`, at])
    if (bytes > 0) this.marks.push([last, bytes])
  }

  /** `bytes`: of the entry's fields. */
  fed(id: string, bytes: number): void {
    if (this.counted) {
      const ms = Number.parseInt(id)
      if (ms < this.presentMs || (ms === this.presentMs && compareIds(id, this.present) <= 0)) return
      this.counted = false
    }
    this.total += bytes
    if (this.total - this.markedAt < MARK_EVERY) return
    this.markedAt = this.total
    this.marks.push([id, this.total])
  }

  measure(now: number): void {
    this.now = now
  }

  /** A snapshot at `off` is complete: everything up to there may go, if age or bytes ask for it. */
  snapshotAt(off: string): void {
    this.snapshot = off
  }

  /** Lowest id to keep, or '' where nothing is to be trimmed. */
  trim({ age, bytes }: RetentionLimit): string {
    while (this.marks.length > 0 && this.total - this.marks[0]![1] > bytes) {
      const [id] = this.marks.shift()!
      if (compareIds(id, this.wanted) > 0) this.wanted = id
    }
    if (this.snapshot === '0-0') return ''
    const old = `${Math.max(0, Math.floor(this.now - age))}-0`
    const below = compareIds(old, this.wanted) > 0 ? old : this.wanted
    return compareIds(below, this.snapshot) > 0 ? this.snapshot : below
  }
}
