/** The state of a partition fold as named blocks: a JSON header and one binary block per pane. */
import { Chain } from './commit/chain.ts'
import type { Small, SnapshotBlocks } from './commit/folding.ts'
import type { SavedGenerations } from './event/hash-generations.ts'
import type { SavedRetired } from './event/retired-producers.ts'
import type { ProducerState } from './event/sequence.ts'
import type { PartitionFold } from './fold.ts'
import { type Blocks, FOLD_VERSION, headStep, migrate, readHead } from './fold-version.ts'
import type { ClockState } from './log-clock.ts'
import type { Standing } from './rule/progress.ts'
import { RUNGS } from './config/compiled.ts'
import type { MetricState } from './window/metric-state.ts'
import { decodePane, encodePane } from './window/pane-codec.ts'

const HEADER = 'header'
/** Version 2: the names of the view fields shown. */
const STEPS = [headStep(HEADER, (header) => ({ ...header, version: 2, shown: [] }))]

interface Header {
  version: number
  small: Small
  settled: number | null
  shownAt: number | null
  producers: [string, ProducerState][]
  /** Absent where there are none. */
  ids?: SavedGenerations
  retired?: SavedRetired
  metrics: {
    id: string
    keys: (string | null)[]
    overflow: number
    newestAt: number
    /** Per column one number per group id. */
    columns: number[][]
    frontier: (number | null)[]
  }[]
  rules: { id: string; hash: string; standings: [number, Standing][]; failing?: string | null }[]
  /** Fields of `view` that were written: a later config may have to take them away. */
  shown: string[]
  /** As of when each window was shown; absent: every one is shown anew. */
  shownTo?: [string, number][]
  clock?: ClockState
}

export function saveFold(fold: PartitionFold): SnapshotBlocks {
  const changed = new Map<string, Buffer>()
  const names = [HEADER]
  const ids = fold.ids.save(changed, names)
  const retired = fold.producers.save(changed, names)
  const optional = { ...(ids && { ids }), ...(retired && { retired }) }
  changed.set(HEADER, Buffer.from(JSON.stringify({ ...header(fold), ...optional })))
  for (const state of fold.plan.states) {
    for (const [rung, panes] of state.ladder.panes.entries()) {
      for (const pane of panes.values()) {
        const name = `${idOf(state)}.${RUNGS[rung]}.${pane.number}`
        names.push(name)
        if (!pane.dirty) continue
        pane.dirty = false
        changed.set(name, encodePane(pane, state.shape))
      }
    }
  }
  return { changed, names, acks: fold.producers.acks() }
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
  for (const metric of saved.metrics) restoreMetric(fold, metric, blocks)
  for (const rule of saved.rules) {
    const state = fold.plan.rules.find((r) => r.rule.id === rule.id && r.rule.hash === rule.hash)
    for (const [group, standing] of rule.standings) state?.standings.set(group, standing)
    if (state) state.failing = rule.failing ?? null
  }
  fold.plan.restoreShown(saved.shown, saved.shownTo ?? [])
  if (saved.clock !== undefined) fold.clock.restore(saved.clock)
  fold.take()
}

/** Two metrics may share a hash: what they measure is the same, but they were not declared at the same time. */
function idOf(state: MetricState): string {
  return `${state.metric.name}.${state.metric.hash}`
}

function header(fold: PartitionFold): Header {
  return {
    version: FOLD_VERSION,
    small: fold.small(),
    shownAt: fold.shownAt,
    settled: Number.isFinite(fold.settled) ? fold.settled : null,
    producers: fold.producers.toJSON(),
    metrics: fold.plan.states.map((state) => ({
      id: idOf(state),
      keys: state.groups.keys,
      overflow: state.groups.overflow,
      newestAt: state.newestAt,
      columns: state.columns.map((column) => Array.from(state.groups.keys, (_, id) => column.get(id))),
      frontier: state.ladder.frontier(),
    })),
    rules: fold.plan.rules.map((r) => ({
      id: r.rule.id,
      hash: r.rule.hash,
      standings: [...r.standings],
      failing: r.failing,
    })),
    ...fold.plan.shownSoFar(),
    clock: fold.clock.toJSON(),
  }
}

function restoreMetric(fold: PartitionFold, saved: Header['metrics'][number], blocks: Blocks): void {
  const state = fold.plan.states.find((s) => idOf(s) === saved.id)
  if (!state) return
  state.groups.restore(saved.keys, saved.overflow)
  state.newestAt = saved.newestAt
  for (const [i, column] of state.columns.entries()) {
    for (const [id, value] of (saved.columns[i] ?? []).entries()) column.set(id, value)
  }
  state.ladder.restoreFrontier(saved.frontier)
  for (const [rung, name] of RUNGS.entries()) {
    const prefix = `${saved.id}.${name}.`
    const panes = [...blocks].filter(([block]) => block.startsWith(prefix))
    panes.sort(([a], [b]) => Number(a.slice(prefix.length)) - Number(b.slice(prefix.length)))
    for (const [, bytes] of panes)
      state.ladder.restorePane(rung, decodePane(bytes, state.shape, state.ladder))
  }
}
