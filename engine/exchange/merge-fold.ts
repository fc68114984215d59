/**
 * The fold of a merged stream: what the partitions of a stream gained is brought together, group by group, and
 * turns into windows and verdicts as in the partition fold. Its log holds partial results instead of events; its
 * time is that of the sources, not of its own entries.
 */
import { Chain } from '../commit/chain.ts'
import {
  type Fold,
  MAX_LOST,
  noOutputs,
  type Outputs,
  type ResolveControl,
  type Small,
  type SnapshotBlocks,
} from '../commit/folding.ts'
import type { CompiledConfig, CompiledStream } from '../config/compiled.ts'
import type { Entry } from '../event/entry.ts'
import { Producers, SHIPPER } from '../event/sequence.ts'
import { FOLD_VERSION } from '../fold-version.ts'
import { LogClock } from '../log-clock.ts'
import { Plan } from '../plan.ts'
import { partitionOf } from '../stream/partition-hash.ts'
import type { Judgement } from '../rule/judge.ts'
import { compareIds } from '../stream/entry-id.ts'
import { TURN, turnsTo } from '../window/turns.ts'
import { finish, type Work } from '../work.ts'
import { bounded, type Piece } from './message.ts'
import { loadMerge, saveMerge } from './merge-snapshot.ts'
import { MergedState } from './merged-state.ts'
import { Sources } from './sources.ts'

/** How far time runs behind the log's where no source is waited for: its first word may be on its way, ms. */
const GRACE = 2000
/** How far ahead of log time a source may be believed to be: its server has a clock of its own, ms. */
const MAX_AHEAD = 120_000

export class MergeFold implements Fold {
  readonly partition: number
  readonly streamName: string
  readonly producers = new Producers()
  readonly sources: Sources
  stream!: CompiledStream
  plan!: Plan
  chain = new Chain()
  control = ''
  turned = Number.NEGATIVE_INFINITY
  settled = Number.NEGATIVE_INFINITY
  shows = true
  /** Event time (ms) before which no pane can change any more. */
  final = Number.NEGATIVE_INFINITY
  counts = { counted: 0, duplicate: 0, late: 0, dead: 0, forwarded: 0 }
  newestAt: number | null = null
  /** Messages counted when open panes were last shown (history that has gone quiet). */
  shownUpTo = 0
  readonly clock = new LogClock()
  private readonly resolve: ResolveControl
  private readonly own: Outputs[] = [noOutputs()]

  constructor(streamName: string, partition: number, control: string, resolve: ResolveControl) {
    this.streamName = streamName
    this.partition = partition
    this.resolve = resolve
    this.applyControl(control)
    this.sources = new Sources(this.stream.partitions)
  }

  get out(): Outputs {
    return this.own[0]!
  }

  step(entry: Entry): void {
    finish(this.stepping(entry))
  }

  *stepping(entry: Entry): Work {
    for (const one of this.clock.admit(entry)) yield* this.fold(one)
  }

  private *fold(entry: Entry): Work {
    try {
      yield* this.reading(entry)
    } catch (error) {
      this.lose('dead', entry.id, `the fold failed on this entry: ${String(error)}`.slice(0, 500), 1)
    }
  }

  take(): Outputs {
    return this.own.splice(0, 1, noOutputs())[0]!
  }

  small(): Small {
    return {
      version: FOLD_VERSION,
      control: this.control,
      watermark: Number.isFinite(this.final) ? this.final + this.stream.lateness : null,
      turned: Number.isFinite(this.turned) ? this.turned : null,
      ...this.counts,
      missing: this.producers.missing,
      newestAt: this.newestAt,
      ...(this.plan.other > 0 && { other: this.plan.other }),
      chain: this.chain.toString(),
      ...this.plan.failing(),
    }
  }

  dueAt(): number | null {
    if (this.clock.leapt !== null) return this.clock.now
    const patience = this.patienceEnds()
    if (patience !== null || this.stream.clock === 'event') return patience
    if (!Number.isFinite(this.turned)) return this.plan.watchesSilence ? 0 : null
    const due = this.plan.dueAt()
    return due === null ? null : due + this.stream.disorder + GRACE
  }

  /** A source that stays silent beyond its time is told from one that speaks: once, by the tick that comes then. */
  private patienceEnds(): number | null {
    const ends = this.sources.patienceEnds()
    return ends === null || ends <= this.clock.now ? null : ends
  }

  snapshotting(): Work<SnapshotBlocks> {
    return saveMerge(this)
  }

  snapshot(): SnapshotBlocks {
    return finish(this.snapshotting())
  }

  restore(blocks: ReadonlyMap<string, Buffer>): void {
    loadMerge(this, blocks)
  }

  minds(ahead: boolean): boolean {
    return this.clock.ahead !== ahead
  }

  /** Nothing is known where a source is missing. */
  get excuse(): Judgement | null {
    const behind = this.sources.behind(this.clock.now)
    if (behind.length === 0) return null
    const reason = `partition ${behind.join(', ')} of ${this.stream.merges} is behind`
    return { verdict: 'unknown', reason, value: null, normal: null }
  }

  applyControl(id: string): void {
    const config: CompiledConfig = this.resolve(id)
    const stream = config.streams.find((s) => s.name === this.streamName)
    this.stream = stream ?? this.stream
    this.control = id
    const whole = partitionOf('[]', this.stream.partitions) === this.partition
    this.plan = new Plan(
      stream ? config : { ...config, metrics: [], rules: [] },
      this.streamName,
      this,
      this.plan,
      (metric, rules) => new MergedState(metric, rules, whole),
    )
  }

  private *reading(entry: Entry): Work {
    this.clock.pass(entry)
    if (entry.kind === 'partial') this.hear(entry)
    else if (entry.kind === 'control') this.mark(entry.control)
    else if (entry.kind !== 'tick' && entry.kind !== 'clock')
      this.lose('dead', entry.id, 'not a partial result', 1)
    yield* this.following(this.clock.now, entry.id)
  }

  /** A source may have been faster than our own marker: there is no way back. */
  private mark(control: string): void {
    if (compareIds(control, this.control) > 0) this.applyControl(control)
  }

  private hear(entry: Entry & { kind: 'partial' }): void {
    const source = this.sourceOf(entry.from)
    if (source === null) return this.lose('dead', entry.id, `${entry.from} is no source of this stream`, 1)
    const accepted = this.producers.accept(entry.from, entry.seq, 1, entry.ms)
    if (accepted.verdict === 'refused') return this.lose('dead', entry.id, accepted.reason, 1)
    if (accepted.verdict === 'some' && accepted.count === 0) {
      this.counts.duplicate++
      return
    }
    this.counts.counted++
    this.newestAt = entry.ms
    // What it speaks of may have been declared after our own last marker.
    this.mark(entry.control)
    this.sources.hear(source, bounded(entry.message, this.clock.now + MAX_AHEAD), this.clock.now)
  }

  /** Moves with the slowest source that is waited for. */
  private *following(ms: number, id: string): Work {
    const { clock, disorder } = this.stream
    this.final = Math.max(this.final, this.sources.final(ms))
    const own = clock === 'live' ? Math.floor((ms - disorder - GRACE) / TURN) : this.sources.furthest
    const to = this.sources.waiting(ms) ? this.sources.turn(ms) : own
    this.gain(this.turned, id)
    if (to === null) return
    for (const { turn, last } of turnsTo(this.turned, to * TURN)) {
      this.gain(turn - 1, id)
      this.turned = turn
      yield* this.plan.turning(turn * TURN, this.final, last)
    }
    this.gain(this.turned, id)
    this.settle()
    if (clock === 'event' && !this.sources.waiting(ms) && this.shownUpTo !== this.counts.counted) {
      this.shownUpTo = this.counts.counted
      this.plan.provisional()
    }
  }

  /** Adds what the sources gained up to and in `turn`. */
  private gain(turn: number, id: string): void {
    for (const [source, piece] of this.sources.take(turn)) {
      try {
        this.add(source, piece, id)
      } catch (error) {
        this.lose('dead', id, `a partial result could not be read: ${String(error)}`.slice(0, 500), 1)
      }
    }
  }

  private add(source: number, piece: Piece, id: string): void {
    const state = this.plan.states.find((one) => one.metric.name === piece.metric)
    // Between two configs a source may still speak of what is no longer measured: nobody waits for that.
    if (!(state instanceof MergedState) || state.metric.hash !== piece.hash) return
    const late = state.gain(source, piece, this.final, this.clock.now + MAX_AHEAD)
    if (late > 0)
      this.lose('late', id, `${late} events of source ${source} came after their pane was final`, late)
  }

  private settle(): void {
    const boundary = Math.floor(this.final / TURN)
    if (!(boundary > this.settled)) return
    this.settled = boundary
    this.plan.settle(this.final)
  }

  /** Partition that a shipper ships from, null for a stranger. */
  private sourceOf(from: string): number | null {
    const prefix = `${SHIPPER}${this.stream.merges}.`
    const partition = from.startsWith(prefix) ? Number(from.slice(prefix.length)) : Number.NaN
    return Number.isInteger(partition) && partition >= 0 && partition < this.stream.partitions
      ? partition
      : null
  }

  private lose(kind: 'dead' | 'late', id: string, reason: string, count: number): void {
    this.counts[kind] += count
    if (this.out[kind].length < MAX_LOST)
      this.out[kind].push({ id, row: 0, from: '', origin: '', reason, raw: '' })
  }
}
