/**
 * Replays the logs that are in Redis through the folds, under the control states marked in them or under another
 * configuration throughout, and tells what comes out. Writes nothing.
 */
import type { Redis } from 'ioredis'
import type { AlertRow } from '../alert/row.ts'
import { admitter } from '../commit/claim.ts'
import { Controls } from '../commit/controls.ts'
import { withEvidence } from '../commit/evidence.ts'
import type { ClosedBlock, Small } from '../commit/folding.ts'
import type { CompiledConfig, CompiledStream } from '../config/compiled.ts'
import { suggest } from '../config/nearest.ts'
import { incompatible } from '../control/compatible.ts'
import { WeirError } from '../error.ts'
import type { Entry } from '../event/entry.ts'
import { PartitionFold } from '../fold.ts'
import { partitionKeys, sharedKeys } from '../stream/keys.ts'
import { readLog } from '../stream/read-log.ts'
import { AlertLog, type TimedChange } from './alert-log.ts'
import { introduce, type LogStart, seedAlerts, type Started, startOf } from './log-start.ts'
import { ticks } from './partition-run.ts'
import type { Accounting } from './simulated-world.ts'

export interface ReplayTarget {
  redis: Redis
  namespace: string
  /** In force throughout; without it the control states marked in the logs are. */
  config?: CompiledConfig
  /** Only this stream. */
  stream?: string
  /** Log times (ms) from which on, and up to which, outputs are told. */
  from?: number
  to?: number
}

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

/** Throws WEIR_STREAM_UNKNOWN, WEIR_CONFIG where `config` cannot read these logs, WEIR_QUERY where there are none. */
export async function replay(target: ReplayTarget, listener: ReplayListener = {}): Promise<ReplayReport> {
  const { redis, namespace, from = 0 } = target
  const controls = new Controls(redis, namespace)
  await controls.refresh()
  const streams = await streamsOf(target, controls)
  const { config } = target
  const resolve = config === undefined ? controls.resolve : (): CompiledConfig => config
  const starts: Started[] = []
  for (const { name, partitions } of streams) {
    for (let partition = 0; partition < partitions; partition++) {
      const foldOf = (control: string): PartitionFold =>
        new PartitionFold(name, partition, control === '' ? controls.newest : control, resolve)
      const start = await startOf(redis, namespace, { stream: name, partition }, from, foldOf)
      if (start !== null) starts.push(start)
    }
  }
  listener.started?.(starts.map(({ partition, kind, first, gone }) => ({ partition, kind, first, gone })))
  const alerts = new AlertLog()
  await seedAlerts(redis, namespace, starts, alerts)
  const report: ReplayReport = { entries: 0, streams: {}, metrics: {} }
  const runs = starts.map((start) => new Run(target, start, controls, listener, report).told())
  for await (const { ms, source, rows } of inOrder(runs)) {
    for (const change of alerts.tell(source, rows, ms)) {
      if (ms < from) continue
      const totals = totalsOf(report, change.alert.metric)
      if (change.event !== 'updated') totals[change.event]++
      listener.alert?.(change)
    }
  }
  return report
}

interface Told {
  ms: number
  source: string
  rows: AlertRow[]
}

/** One partition on its way through its log. */
class Run {
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
    for await (const entries of readLog(redis, this.log, off, end, ENTRIES_AT_ONCE)) {
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

  private async *step(entry: Entry): AsyncGenerator<Told> {
    const { redis, from = 0 } = this.target
    const { fold, partition: source } = this.start
    if (entry.ms >= from) this.before ??= fold.small()
    fold.step(entry)
    const { told, closed } = fold.take()
    for (const block of entry.ms >= from ? closed : []) {
      totalsOf(this.report, block.metric).points += block.groups.length
      this.listener.closed?.(fold.streamName, fold.partition, block)
    }
    if (told.length === 0) return
    const rows = await withEvidence(redis, this.log, fold.partition, fold.stream, told)
    yield { ms: entry.ms, source, rows }
  }

  private account(): void {
    const { fold } = this.start
    const small = fold.small()
    const { before } = this
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
    for (const { metric, groups } of fold.plan.states)
      totalsOf(this.report, metric.name).groups += groups.keys.filter((key) => key !== null).length
  }
}

/** What several partitions tell, by log time. */
async function* inOrder(runs: AsyncGenerator<Told>[]): AsyncGenerator<Told> {
  const heads: { run: AsyncGenerator<Told>; told: Told }[] = []
  const pull = async (run: AsyncGenerator<Told>): Promise<Told | null> => {
    const next = await run.next()
    return next.done === true ? null : next.value
  }
  for (const run of runs) {
    const told = await pull(run)
    if (told !== null) heads.push({ run, told })
  }
  while (heads.length > 0) {
    let at = 0
    for (let i = 1; i < heads.length; i++) if (heads[i]!.told.ms < heads[at]!.told.ms) at = i
    const head = heads[at]!
    yield head.told
    const told = await pull(head.run)
    if (told === null) heads.splice(at, 1)
    else head.told = told
  }
}

/** The streams to replay, as they are declared. */
async function streamsOf(target: ReplayTarget, controls: Controls): Promise<CompiledStream[]> {
  const { redis, namespace, config, stream } = target
  const active = controls.newest === '' ? null : controls.resolve(controls.newest)
  const declared = config ?? active
  if (declared === null) {
    throw new WeirError(`no engine has run in namespace '${namespace}'.`, {
      code: 'WEIR_QUERY',
      domain: 'user',
      retry: false,
      todo: 'Set REDIS_URL and WEIR_NAMESPACE to where one has.',
    })
  }
  if (config !== undefined) await assertReadable(redis, namespace, active?.streams ?? [], config)
  const streams = declared.streams.filter(({ name }) => stream === undefined || name === stream)
  if (streams.length > 0) return streams
  const known = declared.streams.map(({ name }) => name)
  throw new WeirError(`there is no stream "${stream}".`, {
    code: 'WEIR_STREAM_UNKNOWN',
    domain: 'user',
    retry: false,
    todo: suggest(stream ?? '', known),
  })
}

/** The same that publishing the config would refuse: a key or a number of partitions other than the log's. */
async function assertReadable(
  redis: Redis,
  namespace: string,
  active: readonly CompiledStream[],
  config: CompiledConfig,
): Promise<void> {
  const partitions = await redis.hgetall(sharedKeys(namespace).partitions)
  const moved = config.streams.find(
    ({ name, partitions: n }) => partitions[name] !== undefined && Number(partitions[name]) !== n,
  )
  const clash = moved
    ? { stream: moved.name, why: `it has ${partitions[moved.name]} partitions` }
    : incompatible(active, config.streams)
  if (clash === null) return
  throw new WeirError(`the log of stream '${clash.stream}' cannot be read like this: ${clash.why}.`, {
    code: 'WEIR_CONFIG',
    domain: 'user',
    retry: false,
    where: 'config',
    todo: 'Declare the stream as it was when its log was written.',
  })
}

function totalsOf(report: ReplayReport, metric: string): MetricTotals {
  return (report.metrics[metric] ??= { groups: 0, points: 0, fired: 0, resolved: 0 })
}

async function serverTime(redis: Redis): Promise<number> {
  const [seconds, micros] = await redis.time()
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000)
}
