/**
 * From the outputs of a fold to what a commit writes: `pend` blobs for the series, outbox items for other slots,
 * rows for the dead and late ledgers. Pure.
 */
import { ACCOUNTING } from '../accounting/event.ts'
import type { AlertRow } from '../alert/row.ts'
import { mergedName } from '../config/merged-stream.ts'
import type { ClosedBlock, LostRow, Outputs } from './folding.ts'

/** Bytes of the dead and of the late ledger written with one commit; the counters are exact all the same. */
const LOST_BYTES = 1024 * 1024
const PEND_BYTES = 512 * 1024
const ROWS_PER_ITEM = 100

/** One entry on its way to another slot. `to` is `<stream>.<partition>`. */
export interface OutboxItem {
  to: string
  seq: number
  n: number
  /** JSON of columns, or of a PartialMessage. */
  cols: string
  /** Of a partial result: the control state it was made under. */
  control?: string
}

export interface Numbers {
  /** Next field of `pend`, next id of the outbox. */
  pend: number
  outbox: number
  /** Next sequence number per target. */
  seq: Record<string, number>
}

export interface PendBlob {
  v: 1
  blocks: ClosedBlock[]
}

/** Flat pairs [field, JSON, …]; advances `numbers`. */
export function pendPairs(closed: ClosedBlock[], numbers: Numbers): string[] {
  const pairs: string[] = []
  let blocks: ClosedBlock[] = []
  let bytes = 0
  const flush = (): void => {
    if (blocks.length === 0) return
    const blob: PendBlob = { v: 1, blocks }
    pairs.push(String(numbers.pend++), JSON.stringify(blob))
    blocks = []
    bytes = 0
  }
  for (const block of closed) {
    blocks.push(block)
    bytes += 40 * block.groups.length * (1 + block.columns.length)
    if (bytes > PEND_BYTES) flush()
  }
  flush()
  return pairs
}

/** Flat pairs [stream id, JSON of OutboxItem, …]; advances `numbers`. */
export function outboxPairs(
  stream: string,
  alerts: AlertRow[],
  { forwards, partials, accounted }: Pick<Outputs, 'forwards' | 'partials' | 'accounted'>,
  numbers: Numbers,
): string[] {
  const pairs: string[] = []
  const put = (to: string, n: number, columns: object, control?: string): void => {
    const seq = numbers.seq[to] ?? 0
    numbers.seq[to] = seq + n
    const item: OutboxItem = { to, seq, n, cols: JSON.stringify(columns), ...(control && { control }) }
    pairs.push(`${++numbers.outbox}-0`, JSON.stringify(item))
  }
  for (const { partition, message, control } of partials)
    put(`${mergedName(stream)}.${partition}`, 1, message, control)
  for (let i = 0; i < alerts.length; i += ROWS_PER_ITEM) {
    const some = alerts.slice(i, i + ROWS_PER_ITEM)
    put('alerts.0', some.length, { at: some.map((row) => row.at), row: some })
  }
  for (let i = 0; i < accounted.length; i += ROWS_PER_ITEM) {
    const some = accounted.slice(i, i + ROWS_PER_ITEM)
    put(`${ACCOUNTING}.0`, some.length, toColumns(some))
  }
  const byPartition = byPartitionOf(forwards)
  for (const [partition, some] of byPartition) {
    for (let i = 0; i < some.length; i += ROWS_PER_ITEM) {
      const rows = some.slice(i, i + ROWS_PER_ITEM).map((forward) => forward.row)
      put(`${stream}.${partition}`, rows.length, toColumns(rows))
    }
  }
  return pairs
}

export function lostRows(rows: LostRow[]): string[] {
  const json: string[] = []
  let bytes = 0
  for (const row of rows) {
    json.push(JSON.stringify(row))
    bytes += json.at(-1)!.length
    if (bytes > LOST_BYTES) break
  }
  return json
}

function toColumns(rows: object[]): Record<string, unknown[]> {
  const names = new Set(rows.flatMap((row) => Object.keys(row)))
  return Object.fromEntries(
    [...names].map((name) => [name, rows.map((row) => (row as Record<string, unknown>)[name] ?? null)]),
  )
}

function byPartitionOf(forwards: Outputs['forwards']): Map<number, Outputs['forwards']> {
  const map = new Map<number, Outputs['forwards']>()
  for (const forward of forwards) {
    const list = map.get(forward.partition)
    if (list) list.push(forward)
    else map.set(forward.partition, [forward])
  }
  return map
}
