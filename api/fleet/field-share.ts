/** How well a field is found now, held against its own week. Pure. */
import type { Outcome, RecentRun } from '../../engine/index.ts'
import type { Mood } from '../board/board.ts'

export interface FieldShare {
  name: string
  optional: boolean
  /** Share of the last runs that saw the page in which it was found or truthfully absent; null where none did. */
  now: number | null
  /** The same over its week, or the longest shorter time that is known; null where nothing is. */
  week: { share: number; window: string } | null
  mood: Mood
}

/** Runs that stand for now. */
export const NOW_RUNS = 20
/** By so much less than in its week a field may be found. */
const TOLERANCE = 0.1
const BROKEN = 0.5

const SAW_PAGE: readonly Outcome[] = ['absent', 'layout_changed', 'invalid_data', 'partial', 'ok']

/** `weekOf`: by name of the field. */
export function fieldShares(
  fields: readonly { name: string; optional: boolean }[],
  runs: readonly RecentRun[],
  weekOf: (field: string) => FieldShare['week'],
): FieldShare[] {
  const looked = runs.filter(({ outcome }) => SAW_PAGE.includes(outcome)).slice(-NOW_RUNS)
  return fields.map(({ name, optional }) => {
    const found = looked.filter(({ lost }) => !lost.includes(name)).length
    const now = looked.length === 0 ? null : found / looked.length
    const week = weekOf(name)
    return { name, optional, now, week, mood: moodOf(now, week?.share ?? 1) }
  })
}

function moodOf(now: number | null, normal: number): Mood {
  if (now === null) return 'unknown'
  const drop = normal - now
  // With one run lost of few the share says nothing finer.
  if (drop >= BROKEN) return 'bad'
  return drop > TOLERANCE ? 'warn' : 'good'
}
