/** Runs one partition fold over entries, with time passing where it waits for it. Pure. */
import { alertRows, type Look, looksOf } from '../alert/evidence.ts'
import type { AlertRow } from '../alert/row.ts'
import type { Fold, Outputs } from '../commit/folding.ts'
import type { Entry } from '../event/entry.ts'
import type { PartitionFold } from '../fold.ts'

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

/** What some outputs tell, as the rows that reach the alert fold. */
export function toldRows(
  fold: PartitionFold,
  outputs: Outputs,
  evidence: (look: Look) => Entry[],
): AlertRow[] {
  const looks = looksOf(outputs.told)
  return alertRows(outputs.told, fold.stream, fold.partition, (at) => evidence(looks.get(at)!))
}
