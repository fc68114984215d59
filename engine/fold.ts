/**
 * The partition fold (read first): `step(state, entry) → outputs`. Events become panes, panes become windows,
 * windows become verdicts. It reads no clock and no Redis; how its entries were cut into batches and commits
 * changes nothing. The same code runs live, after a restart, in a replay and in a test without a server.
 *
 * The life of an entry: advance time → number its rows against their producer → refuse what is dead or late →
 * add the rest to the panes of every metric → move the watermark → turn, wherever a 10 s boundary is passed.
 */
import { Accounting, rowsIn } from './accounting/accounting.ts'
import { Chain } from './commit/chain.ts'
import {
  type Fold,
  MAX_LOST,
  noOutputs,
  type Outputs,
  type ResolveControl,
  type Small,
  type SnapshotBlocks,
} from './commit/folding.ts'
import type { CompiledConfig, CompiledStream } from './config/compiled.ts'
import { rowOf } from './event/column-check.ts'
import { type Columns, type Entry, MAX_DEAD_BYTES } from './event/entry.ts'
import { EventIds } from './event/event-ids.ts'
import { EventReader } from './event/event-reader.ts'
import { Producers } from './event/sequence.ts'
import type { Texts } from './event/texts.ts'
import { cutBytes, textOf } from './event/rejected.ts'
import { Partials } from './exchange/partials.ts'
import { loadFold, saveFold } from './fold-snapshot.ts'
import { FOLD_VERSION } from './fold-version.ts'
import { LogClock } from './log-clock.ts'
import { Plan } from './plan.ts'
import { CLOCK_AHEAD, type Judgement } from './rule/judge.ts'
import { compareIds } from './stream/entry-id.ts'
import { TURN } from './window/metric-state.ts'
import { turnsTo } from './window/turns.ts'

/** An event further ahead of log time than this is refused: it would push the watermark into the future. */
export const MAX_AHEAD = 60_000
/** A log of history that carried no event for this long (log time, ms) has gone quiet. */
const QUIET = 2000

export class PartitionFold implements Fold {
  readonly partition: number
  readonly streamName: string
  readonly producers = new Producers()
  readonly ids = new EventIds()
  readonly accounting = new Accounting(this)
  stream!: CompiledStream
  plan!: Plan
  /** Gains of metrics whose groups live in other partitions. */
  readonly partials = new Partials((partial) => this.out.partials.push({ ...partial, control: this.control }))
  chain = new Chain()
  readonly clock = new LogClock()
  control = ''
  watermark = Number.NEGATIVE_INFINITY
  turned = Number.NEGATIVE_INFINITY
  counts = { counted: 0, duplicate: 0, late: 0, dead: 0, forwarded: 0 }
  newestAt: number | null = null
  /** `newestAt` when open panes were last shown (clock `event`). */
  shownAt: number | null = null
  private readonly resolve: ResolveControl
  private readonly own: Outputs[] = [noOutputs()]
  private reader!: EventReader
  settled = Number.NEGATIVE_INFINITY
  private rows = new Int32Array(512)
  private times = new Float64Array(512)

  /** `control`: id of the control state in force before the first marker. */
  constructor(streamName: string, partition: number, control: string, resolve: ResolveControl) {
    this.streamName = streamName
    this.partition = partition
    this.resolve = resolve
    this.applyControl(control)
  }

  get out(): Outputs {
    return this.own[0]!
  }

  /** Reads one entry. One that makes the fold fail is dead, with the reason: it must never stop the partition. */
  step(entry: Entry): void {
    // History is read by event time: what its log says of time does not matter.
    if (this.stream.clock === 'event' || this.clock.passes(entry)) this.fold(entry)
    else for (const one of this.clock.admit(entry)) this.fold(one)
  }

  private fold(entry: Entry): void {
    this.accounting.advance(entry.ms)
    const before = rowsIn(this.counts)
    try {
      this.read(entry)
    } catch (error) {
      const rows = entry.kind === 'batch' || entry.kind === 'reject' ? entry.n : 1
      this.loseEntry(entry.id, `the fold failed on this entry: ${String(error)}`.slice(0, 500))
      this.counts.dead += Math.max(0, rows - (rowsIn(this.counts) - before))
    }
    this.accounting.settle(entry, this.counts)
  }

  private read(entry: Entry): void {
    const live = this.stream.clock === 'live'
    if (live) this.clock.pass(entry)
    this.partials.tick(live ? this.clock.now : entry.ms, this.turned, this.final)
    if (live) this.advance(this.clock.now - this.stream.disorder)
    if (live && entry.kind === 'clock' && entry.ahead) this.plan.doubt()
    switch (entry.kind) {
      case 'batch':
        this.batch(entry)
        break
      case 'flat':
        this.flat(entry.id, entry.ms, entry.fields)
        break
      case 'reject':
        this.reject(entry)
        break
      case 'beat':
        this.accounting.beat(entry, this.producers.lastOf(entry.from))
        break
      case 'broken':
        this.loseEntry(entry.id, entry.reason, entry.raw)
        break
      case 'partial':
        this.loseEntry(entry.id, 'a partial result, where events are read')
        break
      case 'control':
        this.partials.cut(this.turned, this.turned, this.final)
        this.mark(entry.id, entry.control)
        break
      case 'tick':
        this.quiet(entry.ms)
        this.partials.greet(this.turned)
        break
      case 'clock':
        break
    }
    this.settle()
  }

  take(): Outputs {
    this.accounting.flush()
    return this.own.splice(0, 1, noOutputs())[0]!
  }

  small(): Small {
    return {
      version: FOLD_VERSION,
      control: this.control,
      watermark: Number.isFinite(this.watermark) ? this.watermark : null,
      turned: Number.isFinite(this.turned) ? this.turned : null,
      ...this.counts,
      missing: this.producers.missing,
      newestAt: this.newestAt,
      ...(this.ids.span !== null && { idSpan: this.ids.span }),
      ...(this.plan.other > 0 && { other: this.plan.other }),
      ...this.plan.failing(),
      chain: this.chain.toString(),
    }
  }

  dueAt(): number | null {
    const [windows, accounts] = [this.windowsDueAt(), this.accounting.dueAt()]
    return windows === null || accounts === null ? (windows ?? accounts) : Math.min(windows, accounts)
  }

  private windowsDueAt(): number | null {
    if (this.partials.owesGreeting) return 0
    if (this.stream.clock === 'event') return this.quietAt
    if (this.clock.leapt !== null) return this.clock.now
    if (!Number.isFinite(this.turned)) return this.plan.watchesSilence ? 0 : null
    const { disorder } = this.stream
    const own = this.plan.dueAt()
    const owed = this.partials.dueAt(this.turned, disorder)
    if (own === null || owed === null) return own === null ? owed : own + disorder
    return Math.min(own + disorder, owed)
  }

  get excuse(): Judgement | null {
    return this.clock.ahead ? CLOCK_AHEAD : null
  }

  minds(ahead: boolean): boolean {
    return this.stream.clock === 'live' && this.clock.ahead !== ahead
  }

  snapshot(): SnapshotBlocks {
    return saveFold(this)
  }

  restore(blocks: ReadonlyMap<string, Buffer>): void {
    loadFold(this, blocks)
  }

  /** Control states only follow one another: an owner marks newer ones, so an older one comes from a stranger. */
  private mark(id: string, control: string): void {
    const order = compareIds(control, this.control)
    if (order > 0) this.applyControl(control)
    else if (order < 0) this.loseEntry(id, `control state ${control} is older than ${this.control}, in force`)
  }

  /** Puts a control state in force: metrics whose hash did not change keep their panes, rules their standings. */
  applyControl(id: string): void {
    const config: CompiledConfig = this.resolve(id)
    const stream = config.streams.find((s) => s.name === this.streamName)
    // A stream that is no longer declared keeps its last definition and loses its metrics.
    this.stream = stream ?? this.stream
    this.control = id
    this.accounting.watch(config.streams)
    this.reader = new EventReader(this.stream)
    this.plan = new Plan(
      stream ? config : { ...config, metrics: [], rules: [] },
      this.streamName,
      this,
      this.plan,
    )
    this.partials.configure(config, this.stream)
  }

  /** Event time (ms) before which events are refused. */
  private get final(): number {
    return this.watermark - this.stream.lateness
  }

  private batch(entry: Entry & { kind: 'batch' }): void {
    const accepted = this.accounting.accept(entry, this.producers)
    if (accepted.verdict === 'refused') {
      this.lose('dead', entry.id, 0, entry.from, '', accepted.reason, rowOf(entry.columns, 0))
      this.counts.dead += entry.n - 1
      return
    }
    const fresh = accepted.verdict === 'all' ? null : accepted.fresh
    if (accepted.verdict === 'some') this.counts.duplicate += entry.n - accepted.count
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

  private flat(id: string, ms: number, fields: Texts): void {
    const event = this.reader.flat(fields, this.partition)
    if (event.is === 'columns') return this.addRows(id, ms, '', event.columns, 1, null, false)
    if (event.is === 'dead') return this.lose('dead', id, 0, '', '', event.reason, event.row)
    this.counts.forwarded++
    this.out.forwards.push({ partition: event.partition, row: event.row })
  }

  private reject(entry: Entry & { kind: 'reject' }): void {
    const accepted = this.accounting.accept(entry, this.producers)
    for (const [i, row] of entry.rows.entries()) {
      if (accepted.verdict === 'some' && !accepted.fresh[i]) this.counts.duplicate++
      else this.lose('dead', entry.id, i, entry.from, row.origin, row.reason, row.raw)
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
    const { clock, disorder, lateness, time } = this.stream
    const timeColumn = time === null ? null : columns[time]
    const seq = Number(id.slice(id.indexOf('-') + 1))
    const bound = this.clock.bound(ms)
    const ids = this.ids.columnOf(this.stream, columns)
    if (this.partials.full(n)) this.partials.cut(this.turned, this.turned, this.final)
    let added = 0
    let flushed = 0
    for (let i = 0; i < n; i++) {
      if (fresh !== null && !fresh[i]) continue
      if (byRow && !this.fits(id, i, from, columns)) continue
      if (ids !== null && this.ids.known(ids[i], bound)) {
        this.counts.duplicate++
        continue
      }
      const at = timeColumn === null ? this.clock.eventTime(ms) : (timeColumn?.[i] as number)
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
      if (at < this.final) {
        this.loseRow('late', id, i, from, `later than ${lateness / 1000} s behind the watermark`, columns)
        continue
      }
      if (ids !== null) this.ids.remember(ids[i], bound)
      this.rows[added] = i
      this.times[added++] = at
      const mark = Math.min(at, bound) - disorder
      if (mark <= this.watermark) continue
      this.watermark = mark
      if (clock === 'event' && Math.floor(mark / TURN) > this.turned) {
        this.fill(columns, flushed, added, ms, seq)
        flushed = added
        this.advance(mark)
      }
    }
    this.fill(columns, flushed, added, ms, seq)
    this.counts.counted += added
    if (added > 0) this.newestAt = ms
  }

  private fill(columns: Columns, from: number, to: number, ms: number, seq: number): void {
    this.plan.addRows(columns, this.rows, this.times, from, to, ms, seq)
    this.partials.addRows(columns, this.rows, this.times, from, to, ms, seq)
  }

  private fits(id: string, row: number, from: string, columns: Columns): boolean {
    const event = rowOf(columns, row)
    const valid = this.reader.validate(event)
    if (!valid.ok) this.loseRow('dead', id, row, from, valid.reason, columns)
    return valid.ok
  }

  /** Moves `asOf`, turning at every 10 s boundary on the way. */
  private advance(asOf: number): void {
    const to = Math.floor(asOf / TURN)
    if (!(to > this.turned)) return
    this.partials.cut(this.turned, to, this.final)
    for (const { turn, last } of turnsTo(this.turned, asOf)) {
      this.turned = turn
      this.plan.turn(turn * TURN, this.final, last)
    }
  }

  /** Log time (ms) at which a log of history has gone quiet, with something left to show; null: nothing is. */
  private get quietAt(): number | null {
    const shown = this.newestAt === null || this.newestAt === this.shownAt
    return shown || this.stream.clock === 'live' ? null : this.newestAt! + QUIET
  }

  /** History that has gone quiet shows its last, still open panes: nothing later will close them. */
  private quiet(ms: number): void {
    const due = this.quietAt
    if (due === null || ms < due) return
    this.shownAt = this.newestAt
    this.plan.provisional()
    this.partials.quiet(this.turned, this.final)
  }

  /** Where only the watermark moved, emits the amended panes that have become final. */
  private settle(): void {
    const boundary = Math.floor(this.final / TURN)
    if (!(boundary > this.settled)) return
    this.settled = boundary
    this.plan.settle(this.final)
  }

  private loseEntry(id: string, reason: string, raw = ''): void {
    this.lose('dead', id, 0, '', '', reason, raw)
  }

  private loseRow(
    kind: 'dead' | 'late',
    id: string,
    row: number,
    from: string,
    reason: string,
    columns: Columns,
  ): void {
    this.lose(kind, id, row, from, '', reason, rowOf(columns, row))
  }

  private lose(
    kind: 'dead' | 'late',
    id: string,
    row: number,
    from: string,
    origin: string,
    reason: string,
    raw: unknown,
  ): void {
    this.counts[kind]++
    if (this.out[kind].length >= MAX_LOST) return
    const kept = cutBytes(typeof raw === 'string' ? raw : textOf(raw), MAX_DEAD_BYTES)
    this.out[kind].push({ id, row, from, origin, reason, raw: kept })
  }

  private growRows(n: number): void {
    this.rows = new Int32Array(n)
    this.times = new Float64Array(n)
  }
}
