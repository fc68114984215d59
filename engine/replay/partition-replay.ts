/** One partition on its way through its log, and what it came to. */
import type { AlertRow } from '../alert/row.ts'
import { admitter } from '../commit/claim.ts'
import type { Controls } from '../commit/controls.ts'
import { withEvidence } from '../commit/evidence.ts'
import type { ClosedBlock, Outputs, Small } from '../commit/folding.ts'
import type { StreamFold } from '../exchange/stream-fold.ts'
import { WeirError } from '../error.ts'
import type { Entry } from '../event/entry.ts'
import { partitionKeys } from '../stream/keys.ts'
import { compareIds } from '../stream/entry-id.ts'
import { readLog } from '../stream/read-log.ts'
import type { TimedChange } from './alert-log.ts'
import { introduce, type LogStart, type Started } from './log-start.ts'
import { ticks } from './partition-run.ts'
import type { ReplayTarget } from './replay-streams.ts'
import type { Accounting } from './simulated-world.ts'
import { serverTime } from '../stream/server-time.ts'

/** Called in order as the replay goes on; must copy what it keeps. */
export interface ReplayListener {
  started?(starts: readonly LogStart[]): void
  alert?(change: TimedChange): void
  closed?(stream: string, partition: number, block: ClosedBlock): void
}

export interface MetricTotals {
  groups: number
  /** Series points: one per group and pane, and again where it was amended. */
  points: number
  fired: number
  resolved: number
}

export interface ReplayReport {
  entries: number
  streams: Record<string, Accounting>
  metrics: Record<string, MetricTotals>
}

/** Entries in memory per partition: each is at most 1 MB, and 64 KB as a rule. */
const ENTRIES_AT_ONCE = 50

export interface Told {
  ms: number
  source: string
  rows: AlertRow[]
  /** For the merged stream, from partition `from` of `stream`. */
  sent?: { stream: string; from: number; partials: Outputs['partials'] }
}

export class PartitionReplay {
  private readonly target: ReplayTarget
  private readonly start: Started
  private readonly admit: (entry: Entry) => Promise<Entry>
  private readonly listener: ReplayListener
  private readonly report: ReplayReport
  private readonly log: string
  /** Counts before `from`. */
  private before: Small | null = null

  constructor(
    target: ReplayTarget,
    start: Started,
    controls: Controls,
    listener: ReplayListener,
    report: ReplayReport,
  ) {
    this.target = target
    this.start = start
    this.admit = admitter(controls)
    this.listener = listener
    this.report = report
    this.log = partitionKeys(target.namespace, start.fold.streamName, start.fold.partition).log
  }

  async *told(): AsyncGenerator<Told> {
    const { redis, config, to } = this.target
    const { fold, off, last, kind, first } = this.start
    const end = to === undefined ? last : String(to)
    let now = first
    let read = this.start.needed
    for await (const entries of readLog(redis, this.log, off, end, ENTRIES_AT_ONCE)) {
      await this.assertWhole(read)
      read = entries.at(-1)!.id
      for (const entry of entries) {
        // Another configuration may wait for time where the one that was live did not.
        if (config !== undefined) for (const tick of ticks(fold, now, entry.ms)) yield* this.step(tick)
        now = entry.ms
        if (kind === 'trimmed') introduce(fold, entry)
        yield* this.step(config === undefined ? await this.admit(entry) : entry)
        if (entry.ms >= (this.target.from ?? 0)) this.report.entries++
      }
    }
    if (config !== undefined)
      for (const tick of ticks(fold, now, to ?? (await serverTime(redis)))) yield* this.step(tick)
    this.account()
  }

  /** A live engine goes on trimming: what was not read before it went would be missed in silence. */
  private async assertWhole(read: string): Promise<void> {
    const [oldest] = await this.target.redis.xrange(this.log, '-', '+', 'COUNT', 1)
    if (oldest !== undefined && compareIds(oldest[0], read) <= 0) return
    throw new WeirError(`${this.start.partition} was trimmed while it was replayed.`, {
      code: 'WEIR_QUERY',
      domain: 'external',
      retry: true,
      where: this.log,
      todo: 'Replay again, one --stream at a time where that happens again.',
    })
  }

  private async *step(entry: Entry): AsyncGenerator<Told> {
    const { redis, from = 0 } = this.target
    const { fold, partition: source } = this.start
    if (entry.ms >= from) this.before ??= fold.small()
    fold.step(entry)
    const { told, closed, partials } = fold.take()
    if (entry.ms >= from) reportClosed(this.report, this.listener, fold, closed)
    if (partials.length > 0)
      yield {
        ms: entry.ms,
        source,
        rows: [],
        sent: { stream: fold.streamName, from: fold.partition, partials },
      }
    if (told.length === 0) return
    const rows = await withEvidence(redis, this.target.namespace, fold.partition, fold.stream, told)
    yield { ms: entry.ms, source, rows }
  }

  private account(): void {
    const { fold } = this.start
    const small = fold.small()
    const { before } = this
    reportGroups(this.report, fold)
    // What a merged stream counts are messages of the engine's own.
    if (fold.stream.merges !== undefined) return
    const sum = (this.report.streams[fold.streamName] ??= {
      counted: 0,
      duplicate: 0,
      late: 0,
      dead: 0,
      missing: 0,
      forwarded: 0,
    })
    if (before !== null)
      for (const name of Object.keys(sum) as (keyof Accounting)[]) sum[name] += small[name] - before[name]
  }
}

export function reportClosed(
  report: ReplayReport,
  listener: ReplayListener,
  fold: StreamFold,
  closed: readonly ClosedBlock[],
): void {
  for (const block of closed) {
    totalsOf(report, block.metric).points += block.groups.length
    listener.closed?.(fold.streamName, fold.partition, block)
  }
}

export function reportGroups(report: ReplayReport, fold: StreamFold): void {
  for (const { metric, groups } of fold.plan.states)
    totalsOf(report, metric.name).groups += groups.keys.filter((key) => key !== null).length
}

export function totalsOf(report: ReplayReport, metric: string): MetricTotals {
  return (report.metrics[metric] ??= { groups: 0, points: 0, fired: 0, resolved: 0 })
}
