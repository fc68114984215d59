/**
 * Replays the logs that are in Redis through the folds, under the control states marked in them or under another
 * configuration throughout, and tells what comes out. Writes nothing.
 */
import { Controls } from '../commit/controls.ts'
import type { CompiledConfig } from '../config/compiled.ts'
import { streamFold, type StreamFold } from '../exchange/stream-fold.ts'
import { AlertLog } from './alert-log.ts'
import { seedAlerts, type Started, startOf } from './log-start.ts'
import { MergedReplay } from './merged-replay.ts'
import {
  PartitionReplay,
  type ReplayListener,
  type ReplayReport,
  type Told,
  totalsOf,
} from './partition-replay.ts'
import { type ReplayTarget, streamsOf } from './replay-streams.ts'

export type { ReplayListener, ReplayReport } from './partition-replay.ts'
export type { ReplayTarget } from './replay-streams.ts'

/** Throws WEIR_STREAM_UNKNOWN, WEIR_CONFIG where `config` cannot read these logs, WEIR_QUERY where there are none. */
export async function replay(target: ReplayTarget, listener: ReplayListener = {}): Promise<ReplayReport> {
  const { redis, namespace, from = 0 } = target
  const controls = new Controls(redis, namespace)
  await controls.refresh()
  const streams = await streamsOf(target, controls)
  const { config } = target
  const resolve = config === undefined ? controls.resolve : (): CompiledConfig => config
  // Under another configuration what partitions tell the merged streams is another thing than what was told them.
  const merged = config === undefined ? [] : streams.filter(({ merges }) => merges !== undefined)
  const starts: Started[] = []
  for (const stream of streams.filter((one) => !merged.includes(one))) {
    const { name, partitions } = stream
    for (let partition = 0; partition < partitions; partition++) {
      const foldOf = (control: string): StreamFold =>
        streamFold(name, partition, control === '' ? controls.newest : control, resolve)
      const start = await startOf(redis, namespace, { stream: name, partition }, from, foldOf)
      if (start !== null) starts.push(start)
    }
  }
  listener.started?.(starts.map(({ partition, kind, first, gone }) => ({ partition, kind, first, gone })))
  const alerts = new AlertLog()
  await seedAlerts(redis, namespace, starts, alerts)
  const report: ReplayReport = { entries: 0, streams: {}, metrics: {} }
  const runs = starts.map((start) => new PartitionReplay(target, start, controls, listener, report).told())
  const first = Math.min(...starts.map((start) => start.first))
  const meeting = merged.map(
    (stream) => new MergedReplay(target, stream, controls.newest, first, listener, report),
  )
  for await (const told of allOf(inOrder(runs), meeting)) {
    for (const change of alerts.tell(told.source, told.rows, told.ms)) {
      if (told.ms < from) continue
      const totals = totalsOf(report, change.alert.metric)
      if (change.event !== 'updated') totals[change.event]++
      listener.alert?.(change)
    }
  }
  return report
}

/** What the partitions tell, and what the merged streams make of it. */
async function* allOf(told: AsyncGenerator<Told>, meeting: readonly MergedReplay[]): AsyncGenerator<Told> {
  for await (const one of told) {
    if (one.rows.length > 0) yield one
    const { sent } = one
    if (sent) for (const run of meeting) if (run.merges === sent.stream) yield* run.feed(one.ms, sent)
  }
  for (const run of meeting) yield* run.end()
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
