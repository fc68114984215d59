/** The state of a partition fold as named blocks: a JSON header and one binary block per pane. */
import { Chain } from './commit/chain.ts'
import type { Small, SnapshotBlocks } from './commit/folding.ts'
import type { SavedGenerations } from './event/hash-generations.ts'
import type { SavedRetired } from './event/retired-producers.ts'
import type { ProducerState } from './event/sequence.ts'
import { loadPartials, type SavedPartials, savePartials } from './exchange/partials-snapshot.ts'
import type { PartitionFold } from './fold.ts'
import { type Blocks, FOLD_VERSION, headStep, migrate, readHead } from './fold-version.ts'
import type { ClockState } from './log-clock.ts'
import type { Work } from './work.ts'
import { BlockWriter, loadPlan, type SavedPlan, savePlan } from './plan-snapshot.ts'

const HEADER = 'header'
/** Version 2: the names of the view fields shown. */
const STEPS = [headStep(HEADER, (header) => ({ ...header, version: 2, shown: [] }))]

interface Header extends SavedPlan {
  version: number
  small: Small
  settled: number | null
  shownAt: number | null
  producers: [string, ProducerState][]
  /** Absent where there are none. */
  ids?: SavedGenerations
  retired?: SavedRetired
  partials?: SavedPartials
  clock?: ClockState
}

export function* saveFold(fold: PartitionFold): Work<SnapshotBlocks> {
  const blocks = new BlockWriter()
  const ids = fold.ids.save(blocks.changed, blocks.names)
  fold.accounting.save(blocks)
  const retired = fold.producers.save(blocks.changed, blocks.names)
  const header: Header = {
    version: FOLD_VERSION,
    small: fold.small(),
    shownAt: fold.shownAt,
    settled: Number.isFinite(fold.settled) ? fold.settled : null,
    producers: fold.producers.toJSON(),
    ...(ids && { ids }),
    ...(retired && { retired }),
    ...savePlan(fold.plan, blocks),
    partials: savePartials(fold.partials, blocks),
    clock: fold.clock.toJSON(),
  }
  blocks.json(HEADER, header)
  const acks = fold.producers.acks()
  yield* blocks.encoding()
  return { changed: blocks.changed, names: blocks.names, acks }
}

export function loadFold(fold: PartitionFold, written: Blocks): void {
  const blocks = migrate(written, HEADER, STEPS)
  const saved = readHead(blocks, HEADER) as Header
  fold.applyControl(saved.small.control)
  fold.chain = Chain.from(saved.small.chain)
  fold.watermark = saved.small.watermark ?? Number.NEGATIVE_INFINITY
  fold.turned = saved.small.turned ?? Number.NEGATIVE_INFINITY
  fold.settled = saved.settled ?? Number.NEGATIVE_INFINITY
  fold.shownAt = saved.shownAt
  fold.newestAt = saved.small.newestAt
  const { counted, duplicate, late, dead, forwarded } = saved.small
  fold.counts = { counted, duplicate, late, dead, forwarded }
  fold.producers.restore(saved.producers, saved.small.missing, saved.retired, blocks)
  if (saved.ids) fold.ids.restore(saved.ids, blocks)
  fold.accounting.restore(blocks, fold.counts)
  loadPlan(fold.plan, saved, blocks)
  if (saved.partials) loadPartials(fold.partials, saved.partials, blocks)
  if (saved.clock !== undefined) fold.clock.restore(saved.clock)
  fold.take()
}
