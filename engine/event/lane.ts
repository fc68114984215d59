/**
 * The rows of one producer on their way to one partition: batched, and numbered contiguously from 0.
 * A batch keeps its number and its bytes from the moment it is sealed, so that resending it changes nothing.
 */
import { createBatch, type Batch, type EncodedRow } from './batch.ts'
import type { DeadRow } from './rejected.ts'
import { batchFields, MAX_BATCH_BYTES, MAX_BATCH_ROWS, rejectFields, type Rejected } from './entry.ts'

/** One entry ready to be written. */
export interface Sealed {
  rows: number
  /** Sum of the bytes its rows were taken with. */
  bytes: number
  fields: string[]
}

export interface Lane {
  /** Sequence number the next row will get. */
  readonly next: number
  /** Rows below this number are in Redis. */
  readonly acked: number
  /** Takes a valid row; true when that sealed a batch. `minute` is the wall-clock minute it is accounted to. */
  add(row: EncodedRow, minute: number): boolean
  /** Takes a row for the dead letters; true when that sealed a batch. */
  reject(dead: DeadRow): boolean
  /** Closes what is open, so that `head` offers it. */
  seal(): void
  /** The oldest sealed entry; it stays until `ack`. */
  head(): Sealed | undefined
  ack(): void
}

type Open = { kind: 'batch'; minute: number; batch: Batch } | { kind: 'reject'; rows: Rejected[] }

/** `from` is the producer id, `schema` the version the rows were validated against. */
export function createLane(from: string, schema: string): Lane {
  const sealed: Sealed[] = []
  let open: Open | null = null
  let first = 0
  let next = 0
  let acked = 0
  let bytes = 0

  const seal = (): boolean => {
    if (open === null) return false
    const rows = next - first
    const fields =
      open.kind === 'batch'
        ? batchFields(from, first, rows, schema, open.minute, open.batch.columns())
        : rejectFields(from, first, open.rows)
    sealed.push({ rows, bytes, fields })
    open = null
    first = next
    bytes = 0
    return true
  }

  return {
    get next() {
      return next
    },
    get acked() {
      return acked
    },
    add: (row, minute) => {
      let cut = false
      if (open !== null && (open.kind !== 'batch' || open.minute !== minute)) cut = seal()
      if (open?.kind === 'batch' && !open.batch.add(row)) cut = seal()
      if (open === null) {
        open = { kind: 'batch', minute, batch: createBatch() }
        open.batch.add(row)
      }
      next++
      bytes += row.bytes
      return cut
    },
    reject: (dead) => {
      const fits =
        open?.kind === 'reject' && open.rows.length < MAX_BATCH_ROWS && bytes + dead.bytes <= MAX_BATCH_BYTES
      const cut = !fits && seal()
      if (open?.kind === 'reject') open.rows.push(dead.row)
      else open = { kind: 'reject', rows: [dead.row] }
      next++
      bytes += dead.bytes
      return cut
    },
    seal: () => void seal(),
    head: () => sealed[0],
    ack: () => void (acked += sealed.shift()?.rows ?? 0),
  }
}
