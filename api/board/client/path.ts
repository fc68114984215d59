/** From the points of a promise to SVG paths: gaps stay gaps, the target is always in sight. */

const DAY = 86_400_000
export const WIDTH = 1000
export const HEIGHT = 100

export interface Paths {
  /** The line, with a new start after every gap. */
  line: string
  /** The line closed towards the target, to be clipped to the broken side. */
  area: string
  /** Height of the target, and where the newest point stands; null: no newest value. */
  target: number
  last: { x: number; y: number } | null
}

/** Draws the 24 h before `now` into WIDTH × HEIGHT. */
export function paths(points: readonly [number, number | null][], target: number, now: number): Paths {
  const values = points.flatMap(([, value]) => (value === null ? [] : [value]))
  const low = values.reduce((a, b) => Math.min(a, b), target)
  const high = values.reduce((a, b) => Math.max(a, b), target)
  const span = high - low
  // One level only, the target's own, runs through the middle.
  const y = (value: number): number =>
    high === low ? HEIGHT / 2 : round(HEIGHT * (0.9 - (0.8 * (value - low)) / span))
  const x = (at: number): number => round(Math.max(0, Math.min(1, 1 - (now - at) / DAY)) * WIDTH)
  let line = ''
  let area = ''
  for (const run of runs(points)) {
    const corners = run.map(([at, value]) => `${x(at)} ${y(value)}`).join('L')
    // A lone point still shows: a line of no length with round ends is a dot.
    line += `M${corners}${run.length === 1 ? 'h0' : ''}`
    area += `M${x(run[0]![0])} ${y(target)}L${corners}L${x(run.at(-1)![0])} ${y(target)}Z`
  }
  const newest = points.at(-1)
  const last = newest && newest[1] !== null ? { x: x(newest[0]), y: y(newest[1]) } : null
  return { line, area, target: y(target), last }
}

function runs(points: readonly [number, number | null][]): [number, number][][] {
  const all: [number, number][][] = [[]]
  for (const [at, value] of points) {
    if (value === null) all.push([])
    else all.at(-1)!.push([at, value])
  }
  return all.filter((run) => run.length > 0)
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
