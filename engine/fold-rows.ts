/**
 * What becomes of the rows of an entry: the part of the partition fold that numbers them against their producer, refuses
 * what is dead or late, and hands the rest to the metrics.
 */
import type { CompiledStream } from './config/compiled.ts'
import { rowOf } from './event/column-check.ts'
import type { Columns, Entry } from './event/entry.ts'
import { EventReader } from './event/event-reader.ts'
import type { PartitionFold } from './fold.ts'
import { TURN } from './window/turns.ts'
import { finish } from './work.ts'

/** An event further ahead of log time than this is refused: it would push the watermark into the future. */
const MAX_AHEAD = 60_000

export class FoldRows {
  private readonly fold: PartitionFold
  private reader!: EventReader
  private rows = new Int32Array(512)
  private times = new Float64Array(512)

  constructor(fold: PartitionFold) {
    this.fold = fold
  }

  /** The schema in force from now on. */
  readAs(stream: CompiledStream): void {
    this.reader = new EventReader(stream)
  }

  batch(entry: Entry & { kind: 'batch' }): void {
    const accepted = this.fold.accounting.accept(entry, this.fold.producers)
    if (accepted.verdict === 'refused') {
      this.fold.lose('dead', entry.id, 0, entry.from, '', accepted.reason, rowOf(entry.columns, 0))
      this.fold.counts.dead += entry.n - 1
      return
    }
    const fresh = accepted.verdict === 'all' ? null : accepted.fresh
    if (accepted.verdict === 'some') this.fold.counts.duplicate += entry.n - accepted.count
    this.addRows(
      entry.id,
      entry.ms,
      entry.from,
      entry.columns,
      entry.n,
      fresh,
      !this.reader.columnsFit(entry.columns),
    )
  }

  flat({ id, ms, fields }: Entry & { kind: 'flat' }): void {
    const event = this.reader.flat(fields, this.fold.partition)
    if (event.is === 'columns') return this.addRows(id, ms, '', event.columns, 1, null, false)
    if (event.is === 'dead') return this.fold.lose('dead', id, 0, '', '', event.reason, event.row)
    this.fold.counts.forwarded++
    this.fold.out.forwards.push({ partition: event.partition, row: event.row })
  }

  reject(entry: Entry & { kind: 'reject' }): void {
    const accepted = this.fold.accounting.accept(entry, this.fold.producers)
    for (const [i, row] of entry.rows.entries()) {
      if (accepted.verdict === 'some' && !accepted.fresh[i]) this.fold.counts.duplicate++
      else this.fold.lose('dead', entry.id, i, entry.from, row.origin, row.reason, row.raw)
    }
  }

  /** `fresh`: which rows are no duplicates (null: all). `byRow`: validate each row, the batch did not fit as a whole. */
  private addRows(
    id: string,
    ms: number,
    from: string,
    columns: Columns,
    n: number,
    fresh: boolean[] | null,
    byRow: boolean,
  ): void {
    if (n > this.rows.length) this.growRows(n)
    const { clock, disorder, lateness, time } = this.fold.stream
    const timeColumn = time === null ? null : columns[time]
    const seq = Number(id.slice(id.indexOf('-') + 1))
    const bound = this.fold.clock.bound(ms)
    const ids = this.fold.ids.columnOf(this.fold.stream, columns)
    if (this.fold.partials.full(n))
      this.fold.partials.cut(this.fold.turned, this.fold.turned, this.fold.final)
    let added = 0
    let flushed = 0
    for (let i = 0; i < n; i++) {
      if (fresh !== null && !fresh[i]) continue
      if (byRow && !this.fits(id, i, from, columns)) continue
      if (ids !== null && this.fold.ids.known(ids[i], bound)) {
        this.fold.counts.duplicate++
        continue
      }
      const at = timeColumn === null ? this.fold.clock.eventTime(ms) : (timeColumn?.[i] as number)
      if (!(at > 0 && at <= ms + MAX_AHEAD)) {
        this.loseRow(
          'dead',
          id,
          i,
          from,
          at > 0 ? `more than 60 s ahead of the server's clock` : 'no event time',
          columns,
        )
        continue
      }
      if (at < this.fold.final) {
        this.loseRow('late', id, i, from, `later than ${lateness / 1000} s behind the watermark`, columns)
        continue
      }
      if (ids !== null) this.fold.ids.remember(ids[i], bound)
      this.rows[added] = i
      this.times[added++] = at
      const mark = Math.min(at, bound) - disorder
      if (mark <= this.fold.watermark) continue
      this.fold.watermark = mark
      if (clock === 'event' && Math.floor(mark / TURN) > this.fold.turned) {
        this.fill(columns, flushed, added, ms, seq)
        flushed = added
        finish(this.fold.advancing(mark))
      }
    }
    this.fill(columns, flushed, added, ms, seq)
    this.fold.counts.counted += added
    if (added > 0) this.fold.newestAt = ms
  }

  private fill(columns: Columns, from: number, to: number, ms: number, seq: number): void {
    this.fold.plan.addRows(columns, this.rows, this.times, from, to, ms, seq)
    this.fold.partials.addRows(columns, this.rows, this.times, from, to, ms, seq)
  }

  private fits(id: string, row: number, from: string, columns: Columns): boolean {
    const event = rowOf(columns, row)
    const valid = this.reader.validate(event)
    if (!valid.ok) this.loseRow('dead', id, row, from, valid.reason, columns)
    return valid.ok
  }

  private loseRow(
    kind: 'dead' | 'late',
    id: string,
    row: number,
    from: string,
    reason: string,
    columns: Columns,
  ): void {
    this.fold.lose(kind, id, row, from, '', reason, rowOf(columns, row))
  }

  private growRows(n: number): void {
    this.rows = new Int32Array(n)
    this.times = new Float64Array(n)
  }
}
