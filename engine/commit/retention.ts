/**
 * How far a partition's log may be trimmed: not past the last complete snapshot, and beyond that by age and by
 * bytes. Bytes are counted as entries are read; what was there before counts as one lump at its newest entry.
 */

const MARK_EVERY = 1024 * 1024

export class Retention {
  private readonly age: number
  private readonly bytes: number
  /** [id, bytes fed up to and including it], a mark about every MB. */
  private readonly marks: [string, number][] = []
  private total: number
  private markedAt: number
  private snapshot = '0-0'
  private now = 0

  /** `age` ms, `bytes` per partition, `present`: bytes that are in the log already, `last`: its newest id. */
  constructor(limit: { age: number; bytes: number }, present: number, last: string) {
    this.age = limit.age
    this.bytes = limit.bytes
    this.total = present
    this.markedAt = present
    if (present > 0) this.marks.push([last, present])
  }

  /** `bytes`: of the entry's fields. */
  fed(id: string, bytes: number): void {
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
  trim(): string {
    if (this.snapshot === '0-0') return ''
    let below = `${Math.max(0, Math.floor(this.now - this.age))}-0`
    while (this.marks.length > 0 && this.total - this.marks[0]![1] > this.bytes) {
      const [id] = this.marks.shift()!
      if (later(id, below)) below = id
    }
    return later(below, this.snapshot) ? this.snapshot : below
  }
}

function later(a: string, b: string): boolean {
  const [ams, aseq] = a.split('-').map(Number) as [number, number]
  const [bms, bseq] = b.split('-').map(Number) as [number, number]
  return ams > bms || (ams === bms && aseq > bseq)
}
