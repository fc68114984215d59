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
import { type Entry, MAX_DEAD_BYTES } from './event/entry.ts'
import { EventIds } from './event/event-ids.ts'
import { Producers } from './event/sequence.ts'
import { cutBytes, textOf } from './event/rejected.ts'
import { Partials } from './exchange/partials.ts'
import { FoldRows } from './fold-rows.ts'
import { loadFold, saveFold } from './fold-snapshot.ts'
import { FOLD_VERSION } from './fold-version.ts'
import { LogClock } from './log-clock.ts'
import { Plan } from './plan.ts'
import { CLOCK_AHEAD, type Judgement } from './rule/judge.ts'
import { compareIds } from './stream/entry-id.ts'
import { TURN, turnsTo } from './window/turns.ts'
import { finish, type Work } from './work.ts'

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
  settled = Number.NEGATIVE_INFINITY
  shows = true
  private readonly rows = new FoldRows(this)

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

  step(entry: Entry): void {
    const left = this.stepping(entry)
    if (left !== null) finish(left)
  }

  stepping(entry: Entry): Work | null {
    // History is read by event time: what its log says of time does not matter.
    if (this.stream.clock === 'event' || this.clock.passes(entry)) return this.fold(entry)
    return this.foldAll(this.clock.admit(entry))
  }

  private *foldAll(entries: readonly Entry[]): Work {
    for (const entry of entries) {
      const left = this.fold(entry)
      if (left !== null) yield* left
    }
  }

  /** Only an entry that turns leaves work: all others are folded at once. */
  private fold(entry: Entry): Work | null {
    this.accounting.advance(entry.ms)
    const before = rowsIn(this.counts)
    try {
      const asOf = this.pass(entry)
      if (Math.floor(asOf / TURN) > this.turned) return this.turnFirst(entry, asOf, before)
      this.read(entry)
    } catch (error) {
      this.fail(entry, error, before)
    }
    this.accounting.settle(entry, this.counts)
    return null
  }

  private *turnFirst(entry: Entry, asOf: number, before: number): Work {
    try {
      yield* this.advancing(asOf)
      this.read(entry)
    } catch (error) {
      this.fail(entry, error, before)
    }
    this.accounting.settle(entry, this.counts)
  }

  /** An entry that makes the fold fail is dead, with the reason: it must never stop the partition. */
  private fail(entry: Entry, error: unknown, before: number): void {
    const rows = entry.kind === 'batch' || entry.kind === 'reject' ? entry.n : 1
    this.loseEntry(entry.id, `the fold failed on this entry: ${String(error)}`.slice(0, 500))
    this.counts.dead += Math.max(0, rows - (rowsIn(this.counts) - before))
  }

  /** Log time passes; as of when windows are read now, where log time says it. */
  private pass(entry: Entry): number {
    const live = this.stream.clock === 'live'
    if (live) this.clock.pass(entry)
    this.partials.tick(live ? this.clock.now : entry.ms, this.turned, this.final)
    return live ? this.clock.now - this.stream.disorder : Number.NEGATIVE_INFINITY
  }

  private read(entry: Entry): void {
    if (entry.kind === 'clock' && entry.ahead && this.stream.clock === 'live') this.plan.doubt()
    switch (entry.kind) {
      case 'batch':
        this.rows.batch(entry)
        break
      case 'flat':
        this.rows.flat(entry)
        break
      case 'reject':
        this.rows.reject(entry)
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

  snapshotting(): Work<SnapshotBlocks> {
    return saveFold(this)
  }

  snapshot(): SnapshotBlocks {
    return finish(this.snapshotting())
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
    this.rows.readAs(this.stream)
    this.plan = new Plan(
      stream ? config : { ...config, metrics: [], rules: [] },
      this.streamName,
      this,
      this.plan,
    )
    this.partials.configure(config, this.stream)
  }

  /** Event time (ms) before which events are refused. */
  get final(): number {
    return this.watermark - this.stream.lateness
  }

  /** Moves `asOf`, turning at every 10 s boundary on the way. */
  *advancing(asOf: number): Work {
    const to = Math.floor(asOf / TURN)
    if (!(to > this.turned)) return
    this.partials.cut(this.turned, to, this.final)
    for (const { turn, last } of turnsTo(this.turned, asOf)) {
      this.turned = turn
      yield* this.plan.turning(turn * TURN, this.final, last)
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

  /** Counts one row as lost, and keeps it for people where there is room. */
  lose(
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
}
