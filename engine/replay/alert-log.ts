/** The alert fold beside the partitions: what they tell reaches it in the entries their shippers would write. Pure. */
import { AlertFold } from '../alert/alert-fold.ts'
import type { AlertChange } from '../alert/alert.ts'
import type { AlertRow } from '../alert/row.ts'
import { type Numbers, outboxPairs, type OutboxItem } from '../commit/outgoing.ts'
import { decode } from '../event/decode.ts'
import { batchFields } from '../event/entry.ts'
import { SHIPPER } from '../event/sequence.ts'

/** One change of one alert, and the log time (ms) of the entry that made the rule look. */
export interface TimedChange {
  at: number
  event: AlertChange['event']
  alert: AlertChange['alert']
}

export class AlertLog {
  private readonly fold = new AlertFold('0-0')
  private readonly numbers = new Map<string, Numbers>()
  private written = 0

  /** Takes over what live was told before a replay begins; says nothing. `from`: its shipper, under another name. */
  seed(from: string, seq: number, rows: AlertRow[], ms: number): void {
    const cols = JSON.stringify({ at: rows.map((row) => row.at), row: rows })
    const fields = batchFields(`seed:${from}`, seq, rows.length, 'x', 0, cols)
    this.fold.step(decode(`${ms}-${this.written++}`, fields))
    this.fold.take()
  }

  /** `source`: the partition that tells, `<stream>.<partition>`; `ms`: log time. */
  tell(source: string, rows: AlertRow[], ms: number): TimedChange[] {
    const numbers = this.numbers.get(source) ?? { pend: 0, outbox: 0, seq: {} }
    this.numbers.set(source, numbers)
    const pairs = outboxPairs('', rows, { forwards: [], partials: [], accounted: [] }, numbers)
    for (let i = 1; i < pairs.length; i += 2) {
      const { seq, n, cols } = JSON.parse(pairs[i]!) as OutboxItem
      const fields = batchFields(`${SHIPPER}${source}`, seq, n, 'x', 0, cols)
      this.fold.step(decode(`${ms}-${this.written++}`, fields))
    }
    return this.fold.take().live.map((json) => ({
      at: ms,
      ...(JSON.parse(json) as Pick<AlertChange, 'event' | 'alert'>),
    }))
  }
}
