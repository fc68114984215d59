/** The partitions of one merged stream beside those that feed it, in virtual time. Pure. */
import type { Outputs } from '../commit/folding.ts'
import type { CompiledConfig, CompiledStream } from '../config/compiled.ts'
import type { Entry } from '../event/entry.ts'
import { SHIPPER } from '../event/sequence.ts'
import { MergeFold } from '../exchange/merge-fold.ts'
import { ticks } from './partition-run.ts'

/** What one partition put out at log time `ms`. */
export interface MergedStep {
  ms: number
  fold: MergeFold
  outputs: Outputs
}

export class MergedRun {
  readonly stream: CompiledStream
  private readonly runs: { fold: MergeFold; now: number }[]
  /** Next number by shipper and target. */
  private readonly numbers = new Map<string, number>()
  private written = 0

  /** `stream`: one that merges another; `control`: id of the control state in force; `from`: log time, ms. */
  constructor(stream: CompiledStream, config: CompiledConfig, control: string, from: number) {
    this.stream = stream
    this.runs = Array.from({ length: stream.partitions }, (_, partition) => ({
      fold: new MergeFold(stream.name, partition, control, () => config),
      now: from,
    }))
  }

  get folds(): MergeFold[] {
    return this.runs.map(({ fold }) => fold)
  }

  /** Takes what partition `source` sent at log time `ms`, which must not go back. */
  *feed(ms: number, source: number, partials: Outputs['partials']): Generator<MergedStep> {
    yield* this.pass(ms)
    for (const { partition, control, message } of partials) {
      const from = `${SHIPPER}${this.stream.merges}.${source}`
      const lane = `${from} ${partition}`
      const seq = this.numbers.get(lane) ?? 0
      this.numbers.set(lane, seq + 1)
      const id = `${ms}-${this.written++}`
      yield* this.step(this.runs[partition]!.fold, { id, ms, kind: 'partial', from, seq, control, message })
    }
  }

  /** Lets time pass up to `until` (log time, ms). */
  *pass(until: number): Generator<MergedStep> {
    for (const run of this.runs) {
      for (const tick of ticks(run.fold, run.now, until)) yield* this.step(run.fold, tick)
      run.now = Math.max(run.now, until)
    }
  }

  private *step(fold: MergeFold, entry: Entry): Generator<MergedStep> {
    fold.step(entry)
    yield { ms: entry.ms, fold, outputs: fold.take() }
  }
}
