/**
 * The rows of one producer on their way to one partition: batched, and numbered contiguously from 0.
 * A batch keeps its number and its bytes from the moment it is sealed, so that resending it changes nothing.
 */
import { createBatch, type Batch, type EncodedRow } from './batch.ts'
import { createHeartbeat, type Heartbeat } from './heartbeat.ts'
import type { DeadRow } from './rejected.ts'
import { batchFields, MAX_BATCH_BYTES, MAX_BATCH_ROWS, rejectFields, type Rejected } from './entry.ts'
import type { Numbering } from './spool-record.ts'

/** One entry ready to be written. */
export interface Sealed {
  rows: number
  /** Sum of the bytes its rows were taken with. */
  bytes: number
  fields: string[]
  /** Rows of the lane up to its end. */
  upTo: number
  /** It is on disk, and no longer counts as waiting in memory. */
  stored: boolean
}

/** An entry that Redis has acknowledged: a failover may lose it all the same. */
export interface Written {
  entry: Sealed
  /** Its id in the log. */
  id: string
  /** When it was acknowledged, ms. */
  at: number
}

/** What is kept of written entries per lane, bytes of rows. */
const MAX_WRITTEN_BYTES = 2 * 1024 * 1024

export interface Lane {
  /** Rows taken. */
  readonly next: number
  /** Rows that are in Redis: the first so many of those taken. */
  readonly acked: number
  /** The entry written last, or null. */
  readonly newest: Written | null
  /** What it has numbered so far, sent or not. */
  readonly heartbeat: Heartbeat
  /** Takes a valid row; true when that sealed a batch. `minute` is the wall-clock minute it is accounted to. */
  add(row: EncodedRow, minute: number): boolean
  /** Takes a row for the dead letters; true when that sealed a batch. */
  reject(dead: DeadRow, minute: number): boolean
  /** Closes what is open, so that `head` offers it. */
  seal(): void
  /** The oldest entry: of those on offer, else of those sealed. It stays until `ack`. */
  head(): Sealed | undefined
  /** Whether something is on offer: written before, or on disk. What is sealed is newer. */
  readonly offering: boolean
  /** Entries that are in memory only, oldest first. */
  readonly sealed: readonly Sealed[]
  /** The oldest `n` of `sealed` are on disk: they go, and come again by `offer`. */
  stored(n: number): void
  /** Offers an entry that was stored, in the order in which they were. */
  offer(rows: number, bytes: number, fields: string[]): void
  /** Rows that were stored are lost: nobody waits for them. */
  giveUp(rows: number): void
  /** Where the numbers go on after all that is sealed. */
  readonly numbering: Numbering
  /** Notes that the head is in the log as `id`, at `now`. Returns it, or null where it had been there before. */
  ack(id: string, now: number): Sealed | null
  /** Offers again what was written since `since` (ms), oldest first and unchanged. */
  rewind(since: number): void
}

type Open = { minute: number } & ({ kind: 'batch'; batch: Batch } | { kind: 'reject'; rows: Rejected[] })

/** Of an earlier life: where its numbers ended, and how many of its rows are still to be offered. */
export interface Resumed {
  numbering: Numbering
  pending: number
}

const FRESH: Resumed = { numbering: { id: '', next: 0 }, pending: 0 }

/**
 * `from` gives the producer id, asked for with every entry: under another id numbers begin at 0 again. `schema` is
 * the version the rows were validated against.
 */
export function createLane(
  from: () => string,
  schema: string,
  { numbering, pending }: Resumed = FRESH,
): Lane {
  const offered: Sealed[] = []
  const sealed: Sealed[] = []
  let written: Written[] = []
  let writtenBytes = 0
  let open: Open | null = null
  let { id } = numbering
  /** Rows taken when `id` came into use; below 0 where that was in an earlier life. */
  let base = pending - numbering.next
  let first = pending
  let next = pending
  let acked = 0
  let bytes = 0
  const heartbeat = createHeartbeat()

  const seal = (): boolean => {
    if (open === null) return false
    const rows = next - first
    const fields =
      open.kind === 'batch'
        ? batchFields(id, first - base, rows, schema, open.minute, open.batch.columns())
        : rejectFields(id, first - base, open.minute, open.rows)
    heartbeat.note(id, open.minute, next - base)
    sealed.push({ rows, bytes, fields, upTo: next, stored: false })
    open = null
    first = next
    bytes = 0
    return true
  }

  const begin = (what: Open): void => {
    const now = from()
    if (now !== id) base = next
    id = now
    open = what
  }
  return {
    get next() {
      return next
    },
    get acked() {
      return acked
    },
    get newest() {
      return written.at(-1) ?? null
    },
    heartbeat,
    add: (row, minute) => {
      let cut = false
      if (open !== null && (open.kind !== 'batch' || open.minute !== minute)) cut = seal()
      if (open?.kind === 'batch' && !open.batch.add(row)) cut = seal()
      if (open === null) {
        const batch = createBatch()
        batch.add(row)
        begin({ kind: 'batch', minute, batch })
      }
      next++
      bytes += row.bytes
      return cut
    },
    reject: (dead, minute) => {
      const fits =
        open?.kind === 'reject' &&
        open.minute === minute &&
        open.rows.length < MAX_BATCH_ROWS &&
        bytes + dead.bytes <= MAX_BATCH_BYTES
      const cut = !fits && seal()
      if (open?.kind === 'reject') open.rows.push(dead.row)
      else begin({ kind: 'reject', minute, rows: [dead.row] })
      next++
      bytes += dead.bytes
      return cut
    },
    seal: () => void seal(),
    head: () => offered[0] ?? sealed[0],
    get offering() {
      return offered.length > 0
    },
    sealed,
    stored: (n) => void sealed.splice(0, n),
    offer: (rows, rowBytes, fields) => {
      const upTo = Math.max(acked, offered.at(-1)?.upTo ?? 0) + rows
      offered.push({ rows, bytes: rowBytes, fields, upTo, stored: true })
    },
    giveUp: (rows) => {
      for (const entry of offered) if (entry.upTo > acked) entry.upTo += rows
      acked += rows
    },
    get numbering() {
      return { id, next: first - base }
    },
    ack: (logId, now) => {
      const entry = (offered.length > 0 ? offered : sealed).shift()!
      written.push({ entry, id: logId, at: now })
      writtenBytes += entry.bytes
      while (writtenBytes > MAX_WRITTEN_BYTES) writtenBytes -= written.shift()!.entry.bytes
      if (entry.upTo <= acked) return null
      acked = entry.upTo
      return entry
    },
    rewind: (since) => {
      offered.unshift(...written.filter(({ at }) => at >= since).map(({ entry }) => entry))
      written = []
      writtenBytes = 0
    },
  }
}
