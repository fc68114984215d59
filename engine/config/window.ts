/**
 * Window arithmetic: which rung of the pane ladder a window runs over. A window costs one pass over its panes
 * at each slide, so it takes the coarsest rung that fits and never more than 64 panes.
 */
import { RUNGS, type CompiledWindow, type Rung } from './compiled.ts'
import { formatDuration } from './duration.ts'

export const MAX_PANES = 64
/** A window slides in at most this many steps over its own length unless told otherwise. */
const DEFAULT_STEPS = 60

/** Length of a pane of each rung, ms. */
export const RUNG_MS: Record<Rung, number> = {
  '10s': 10_000,
  '1m': 60_000,
  '10m': 600_000,
  '1h': 3_600_000,
  '1d': 86_400_000,
}

export type WindowFit =
  | { ok: true; window: CompiledWindow }
  /** `why` is a clause about the window; `todo` one imperative sentence. */
  | { ok: false; why: string; todo: string }

/**
 * Fits a window to the ladder. `size` and `slide` in ms; without `slide` it is size/60 rounded up to whole
 * panes. Refuses, with the nearest sizes that would do, what no rung divides into at most 64 panes.
 */
export function fitWindow(name: string, size: number, slide?: number): WindowFit {
  if (slide !== undefined && (slide <= 0 || slide > size))
    return {
      ok: false,
      why: `slides by ${formatDuration(slide)}, which is not between 0 and its size`,
      todo: `Use a slide of at most ${formatDuration(size)}, such as ${formatDuration(10_000)}.`,
    }
  const rung = coarsestRung(size, slide)
  if (rung === null) return refusal(size, slide)
  const pane = RUNG_MS[rung]
  return {
    ok: true,
    window: { name, size, slide: slide ?? Math.ceil(size / DEFAULT_STEPS / pane) * pane, rung },
  }
}

/**
 * The coarsest rung that divides size and slide into at most 64 panes. Without a slide: the finest one, so
 * that the window moves as smoothly as 64 panes allow.
 */
function coarsestRung(size: number, slide: number | undefined): Rung | null {
  const fitting = RUNGS.filter((rung) => {
    const pane = RUNG_MS[rung]
    return size > 0 && size % pane === 0 && size / pane <= MAX_PANES && (slide ?? 0) % pane === 0
  })
  return (slide === undefined ? fitting[0] : fitting.at(-1)) ?? null
}

function refusal(size: number, slide: number | undefined): WindowFit {
  if (slide !== undefined && coarsestRung(size, undefined) !== null)
    return {
      ok: false,
      why: `cannot slide by ${formatDuration(slide)}: no pane of ${RUNGS.join(', ')} divides size and slide into at most ${MAX_PANES} panes`,
      todo: `Use a slide of ${formatDuration(RUNG_MS[coarsestRung(size, undefined) as Rung])}, or leave it out.`,
    }
  const near = nearestSizes(size).map(formatDuration)
  return {
    ok: false,
    why: `cannot be cut into at most ${MAX_PANES} whole panes of ${RUNGS.join(', ')}`,
    todo: `Use ${near.join(' or ')}.`,
  }
}

/** The greatest size below and the smallest above that the ladder can carry. */
function nearestSizes(size: number): number[] {
  const all = RUNGS.flatMap((rung) =>
    Array.from({ length: MAX_PANES }, (_, i) => (i + 1) * RUNG_MS[rung]),
  ).toSorted((a, b) => a - b)
  return [all.findLast((one) => one < size), all.find((one) => one > size)].filter((one) => one !== undefined)
}
