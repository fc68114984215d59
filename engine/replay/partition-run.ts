/** Runs one partition fold over entries, with time passing where it waits for it. Pure. */
import { alertRows, bySource, type Look, looksOf } from '../alert/evidence.ts'
import type { AlertRow } from '../alert/row.ts'
import type { Fold, Outputs } from '../commit/folding.ts'
import type { Entry } from '../event/entry.ts'
import type { StreamFold } from '../exchange/stream-fold.ts'

/** Lets time pass up to `until` (log time, ms): a tick wherever the fold asks for one, as a live worker writes it. */
export function* ticks(fold: Fold, after: number, until: number): Generator<Entry> {
  let last = Number.NaN
  for (let due = fold.dueAt(); due !== null && due <= until && due !== last; due = fold.dueAt()) {
    const ms = Math.max(due, after)
    if (ms > until) return
    last = due
    yield { id: `${ms}-0`, ms, kind: 'tick' }
  }
}

/** What some outputs tell, as the rows that reach the alert fold; `evidence` finds entries in a partition's log. */
export function toldRows(
  fold: StreamFold,
  { told }: Outputs,
  evidence: (partition: number, look: Look) => Entry[],
): AlertRow[] {
  const rows: AlertRow[] = []
  for (const [source, indices] of bySource(told, fold.partition)) {
    const some = indices.map((i) => told[i]!)
    const looks = looksOf(some)
    const found = alertRows(some, fold.stream, source, (at) => evidence(source, looks.get(at)!))
    for (const [k, i] of indices.entries()) rows[i] = found[k]!
  }
  return rows
}
