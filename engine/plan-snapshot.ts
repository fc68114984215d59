/** The state of a plan in a snapshot: what its metrics and rules remember goes into the header, panes into blocks. */
import { RUNGS } from './config/compiled.ts'
import type { Blocks } from './fold-version.ts'
import type { Plan } from './plan.ts'
import type { Work } from './work.ts'
import { BatchState, type SavedBatch } from './rule/batch-state.ts'
import { DriftState, type SavedDrift } from './rule/drift-state.ts'
import type { Standing } from './rule/progress.ts'
import type { MetricState } from './window/metric-state.ts'
import type { Pane } from './window/pane.ts'
import { decodePane, encodePane } from './window/pane-codec.ts'
import type { Shape } from './window/shape.ts'

export interface SavedMetric {
  id: string
  keys: (string | null)[]
  overflow: number
  newestAt: number
  /** Per column one number per group id. */
  columns: number[][]
  frontier: (number | null)[]
}

export interface SavedPlan {
  metrics: SavedMetric[]
  rules: {
    id: string
    hash: string
    standings: [number, Standing][]
    failing?: string | null
    /** Of drift rules. */
    drift?: SavedDrift
    /** Of atRisk rules. */
    batch?: SavedBatch
  }[]
  /** Fields of `view` that were written: a later config may have to take them away. */
  shown: string[]
  /** As of when each window was shown; absent: every one is shown anew. */
  shownTo?: [string, number][]
}

/** The blocks of one snapshot as they are gathered; a pane that did not change is named and not encoded again. */
export class BlockWriter {
  readonly changed = new Map<string, Buffer>()
  readonly names: string[] = []

  private readonly dirty: [name: string, pane: Pane, shape: Shape][] = []

  pane(name: string, pane: Pane, shape: Shape): void {
    this.names.push(name)
    if (pane.dirty) this.dirty.push([name, pane, shape])
  }

  /** The panes that were named, as bytes; until it is done no pane may change. */
  *encoding(): Work {
    for (const [name, pane, shape] of this.dirty) {
      pane.dirty = false
      this.changed.set(name, encodePane(pane, shape))
      yield
    }
  }

  json(name: string, value: unknown): void {
    this.names.push(name)
    this.changed.set(name, Buffer.from(JSON.stringify(value)))
  }
}

/** Two metrics may share a hash: what they measure is the same, but they were not declared at the same time. */
export function idOf(state: MetricState): string {
  return `${state.metric.name}.${state.metric.hash}`
}

export function savePlan(plan: Plan, blocks: BlockWriter): SavedPlan {
  return {
    metrics: plan.states.map((state) => saveMetric(state, blocks)),
    rules: plan.rules.map((state) => ({
      id: state.rule.id,
      hash: state.rule.hash,
      standings: [...state.standings],
      failing: state.failing,
      ...(state instanceof DriftState && { drift: state.save() }),
      ...(state instanceof BatchState && { batch: state.save() }),
    })),
    ...plan.shownSoFar(),
  }
}

export function loadPlan(plan: Plan, saved: SavedPlan, blocks: Blocks): void {
  for (const metric of saved.metrics) loadMetric(plan.states, metric, blocks)
  for (const rule of saved.rules) {
    const state = plan.rules.find((r) => r.rule.id === rule.id && r.rule.hash === rule.hash)
    for (const [group, standing] of rule.standings) state?.standings.set(group, standing)
    if (state) state.failing = rule.failing ?? null
    if (rule.drift && state instanceof DriftState) state.restore(rule.drift)
    if (rule.batch && state instanceof BatchState) state.restore(rule.batch)
  }
  plan.restoreShown(saved.shown, saved.shownTo ?? [])
}

export function saveMetric(state: MetricState, blocks: BlockWriter): SavedMetric {
  const id = idOf(state)
  for (const [rung, panes] of state.ladder.panes.entries()) {
    for (const pane of panes.values()) blocks.pane(`${id}.${RUNGS[rung]}.${pane.number}`, pane, state.shape)
  }
  return {
    id,
    keys: state.groups.keys,
    overflow: state.groups.overflow,
    newestAt: state.newestAt,
    columns: state.columns.map((column) => Array.from(state.groups.keys, (_, group) => column.get(group))),
    frontier: state.ladder.frontier(),
  }
}

/** A metric that is not among `states` any more is left out. */
export function loadMetric(states: readonly MetricState[], saved: SavedMetric, blocks: Blocks): void {
  const state = states.find((s) => idOf(s) === saved.id)
  if (!state) return
  state.groups.restore(saved.keys, saved.overflow)
  state.newestAt = saved.newestAt
  for (const [i, column] of state.columns.entries()) {
    for (const [id, value] of (saved.columns[i] ?? []).entries()) column.set(id, value)
  }
  state.ladder.restoreFrontier(saved.frontier)
  for (const [rung, name] of RUNGS.entries()) {
    for (const pane of panesOf(state, `${saved.id}.${name}.`, blocks)) state.ladder.restorePane(rung, pane)
  }
}

/** The panes in blocks named `prefix` and a number, in order. */
export function panesOf(state: MetricState, prefix: string, blocks: Blocks): Pane[] {
  const found = [...blocks].filter(([block]) => block.startsWith(prefix))
  found.sort(([a], [b]) => Number(a.slice(prefix.length)) - Number(b.slice(prefix.length)))
  return found.map(([, bytes]) => decodePane(bytes, state.shape, state.ladder, true))
}
