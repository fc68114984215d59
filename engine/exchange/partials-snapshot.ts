/** What a source partition has gathered and not yet sent, in its snapshot. */
import type { Blocks } from '../fold-version.ts'
import { type BlockWriter, loadMetric, type SavedMetric, saveMetric } from '../plan-snapshot.ts'
import type { Partials } from './partials.ts'

export interface SavedPartials {
  metrics: SavedMetric[]
  listeners: number[]
  /** Null: never. */
  second: number | null
  gainedAt: number | null
  toldTurn: number | null
  floor: number | null
  greeted: boolean
}

export function savePartials(partials: Partials, blocks: BlockWriter): SavedPartials {
  return {
    metrics: partials.states.map((state) => saveMetric(state, blocks)),
    listeners: [...partials.listeners],
    second: Number.isFinite(partials.second) ? partials.second : null,
    gainedAt: Number.isFinite(partials.gainedAt) ? partials.gainedAt : null,
    toldTurn: partials.toldTurn,
    greeted: partials.greeted,
    floor: Number.isFinite(partials.floor) ? partials.floor : null,
  }
}

export function loadPartials(partials: Partials, saved: SavedPartials, blocks: Blocks): void {
  for (const metric of saved.metrics) loadMetric(partials.states, metric, blocks)
  for (const listener of saved.listeners) partials.listeners.add(listener)
  partials.second = saved.second ?? Number.NEGATIVE_INFINITY
  partials.gainedAt = saved.gainedAt ?? Number.NEGATIVE_INFINITY
  partials.toldTurn = saved.toldTurn
  partials.greeted = saved.greeted
  partials.floor = saved.floor ?? Number.NEGATIVE_INFINITY
}
