/** A merged stream in a replay under another configuration: fed with what the replayed partitions send it. */
import { withEvidence } from '../commit/evidence.ts'
import type { CompiledStream } from '../config/compiled.ts'
import { MergedRun, type MergedStep } from './merged-run.ts'
import {
  type ReplayListener,
  type ReplayReport,
  reportClosed,
  reportGroups,
  type Told,
} from './partition-replay.ts'
import type { ReplayTarget } from './replay-streams.ts'
import { serverTime } from '../stream/server-time.ts'

export class MergedReplay {
  readonly merges: string | undefined
  private readonly target: ReplayTarget
  private readonly run: MergedRun
  private readonly listener: ReplayListener
  private readonly report: ReplayReport

  /** `first`: log time (ms) of the first entry replayed. */
  constructor(
    target: ReplayTarget,
    stream: CompiledStream,
    control: string,
    first: number,
    listener: ReplayListener,
    report: ReplayReport,
  ) {
    this.target = target
    this.merges = stream.merges
    this.run = new MergedRun(stream, target.config!, control, first)
    this.listener = listener
    this.report = report
  }

  async *feed(ms: number, { from, partials }: NonNullable<Told['sent']>): AsyncGenerator<Told> {
    for (const step of this.run.feed(ms, from, partials)) yield* this.take(step)
  }

  async *end(): AsyncGenerator<Told> {
    const until = this.target.to ?? (await serverTime(this.target.redis))
    for (const step of this.run.pass(until)) yield* this.take(step)
    for (const fold of this.run.folds) reportGroups(this.report, fold)
  }

  private async *take({ ms, fold, outputs }: MergedStep): AsyncGenerator<Told> {
    if (ms >= (this.target.from ?? 0)) reportClosed(this.report, this.listener, fold, outputs.closed)
    if (outputs.told.length === 0) return
    const { redis, namespace } = this.target
    const rows = await withEvidence(redis, namespace, fold.partition, fold.stream, outputs.told)
    yield { ms, source: `${fold.streamName}.${fold.partition}`, rows }
  }
}
