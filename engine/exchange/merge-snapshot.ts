/** The state of a merge fold as named blocks: as a partition fold's, and what each source gained in open panes. */
import { Chain } from '../commit/chain.ts'
import type { Small, SnapshotBlocks } from '../commit/folding.ts'
import type { ProducerState } from '../event/sequence.ts'
import { assertKnown, type Blocks, FOLD_VERSION, readHead } from '../fold-version.ts'
import type { ClockState } from '../log-clock.ts'
import { BlockWriter, idOf, loadPlan, panesOf, type SavedPlan, savePlan } from '../plan-snapshot.ts'
import type { Work } from '../work.ts'
import type { MergeFold } from './merge-fold.ts'
import { MergedState } from './merged-state.ts'
import type { SavedSources } from './sources.ts'

const HEADER = 'header'

interface Header extends SavedPlan {
  version: number
  small: Small
  settled: number | null
  shownUpTo: number
  final: number | null
  producers: [string, ProducerState][]
  clock: ClockState
  sources: SavedSources
  merged: { id: string; lastPartition: number[]; pending: [pane: number, groups: number[]][] }[]
}

export function* saveMerge(fold: MergeFold): Work<SnapshotBlocks> {
  const blocks = new BlockWriter()
  const header: Header = {
    version: FOLD_VERSION,
    small: fold.small(),
    settled: Number.isFinite(fold.settled) ? fold.settled : null,
    shownUpTo: fold.shownUpTo,
    final: Number.isFinite(fold.final) ? fold.final : null,
    producers: fold.producers.toJSON(),
    clock: fold.clock.toJSON(),
    sources: fold.sources.toJSON(),
    ...savePlan(fold.plan, blocks),
    merged: mergedOf(fold).map((state) => saveParts(state, blocks)),
  }
  blocks.json(HEADER, header)
  const acks = fold.producers.acks()
  yield* blocks.encoding()
  return { changed: blocks.changed, names: blocks.names, acks }
}

export function loadMerge(fold: MergeFold, blocks: Blocks): void {
  const saved = readHead(blocks, HEADER) as Header
  assertKnown(saved.version)
  fold.applyControl(saved.small.control)
  fold.chain = Chain.from(saved.small.chain)
  fold.turned = saved.small.turned ?? Number.NEGATIVE_INFINITY
  fold.settled = saved.settled ?? Number.NEGATIVE_INFINITY
  fold.final = saved.final ?? Number.NEGATIVE_INFINITY
  fold.shownUpTo = saved.shownUpTo
  fold.newestAt = saved.small.newestAt
  const { counted, duplicate, late, dead, forwarded } = saved.small
  fold.counts = { counted, duplicate, late, dead, forwarded }
  fold.producers.restore(saved.producers, saved.small.missing)
  fold.clock.restore(saved.clock)
  fold.sources.restore(saved.sources)
  loadPlan(fold.plan, saved, blocks)
  for (const { id, lastPartition, pending } of saved.merged) {
    const state = mergedOf(fold).find((one) => idOf(one) === id)
    if (!state) continue
    state.lastPartition = lastPartition
    state.restorePending(pending)
    for (let source = 0; source < fold.stream.partitions; source++) {
      for (const part of panesOf(state, `${id}.part${source}.`, blocks)) state.restorePart(source, part)
    }
  }
  fold.take()
}

function saveParts(state: MergedState, blocks: BlockWriter): Header['merged'][number] {
  const id = idOf(state)
  for (const [number, parts] of state.parts) {
    for (const [source, part] of parts.entries()) {
      if (part) blocks.pane(`${id}.part${source}.${number}`, part, state.shape)
    }
  }
  return { id, lastPartition: state.lastPartition, pending: state.pending() }
}

function mergedOf(fold: MergeFold): MergedState[] {
  return fold.plan.states.filter((state) => state instanceof MergedState)
}
