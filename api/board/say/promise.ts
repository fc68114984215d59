/** A promise on the board: target, now, kept or broken or unknown, and its last 24 hours. */
import type { CompiledPromise, Stat } from '../../../engine/index.ts'
import type { BoardInput, BoardPromise } from '../board.ts'
import { measure } from './measure.ts'
import { clean } from './name.ts'
import { joined, quantity, target, unitOf, type Quantity } from './quantity.ts'

/** Points of a line sent to a screen at most. */
export const MAX_POINTS = 300
const DAY = 86_400_000

export function promise(
  asked: CompiledPromise,
  input: BoardInput,
  points: [number, number | null][],
  blind: string | null,
): BoardPromise {
  const config = input.config!
  const { stat, direction } = asked
  const unit = unitOf(
    config.metrics.find((each) => each.name === asked.metric),
    stat,
  )
  const rows = input.kpis(asked.metric, asked.window)
  const { value, stale } = measure(
    config,
    rows,
    asked,
    direction === 'atLeast' ? 'lowest' : 'highest',
    input.now,
  )
  const kept = value !== null && (direction === 'atLeast' ? value >= asked.target : value <= asked.target)
  const aim = target(asked.target, stat, unit)
  const broken = value !== null && !kept
  const line = lineOf(points, input.now)
  return {
    title: clean(asked.title, 60),
    mood: value === null || stale || blind !== null ? 'unknown' : kept ? 'good' : 'bad',
    ...shown(value, stat, unit, broken ? aim : null),
    target: `${direction === 'atLeast' ? 'at least' : 'at most'} ${aim}`,
    targetValue: asked.target,
    direction,
    line,
    lineInWords: inWords(line, (each) => joined(quantity(each, stat, unit)), aim),
  }
}

/** `value` for people; with more digits where it would read like `unlike`: 900.4 ms breaks 900 ms. */
function shown(value: number | null, stat: Stat, unit: string, unlike: string | null): Quantity {
  const readings = [0, 1, 2, 3].map((finer) => quantity(value, stat, unit, finer))
  return readings.find((each) => joined(each).replace(/\.0+(?!\d)/, '') !== unlike) ?? readings[0]!
}

/** The last 24 hours with a null wherever a point is missing, thinned to `MAX_POINTS`. */
export function lineOf(points: [number, number | null][], now: number): [number, number | null][] {
  const recent = points.filter(
    ([at, value]) => at > now - DAY && at <= now && (value === null || Number.isFinite(value)),
  )
  const steps = recent.slice(1).map(([at], i) => at - recent[i]![0])
  const step = steps.reduce((least, each) => (each > 0 ? Math.min(least, each) : least), Infinity)
  const line: [number, number | null][] = []
  for (const [at, value] of recent) {
    const before = line.at(-1)
    if (before && at - before[0] > step * 1.5) line.push([before[0] + step, null])
    line.push([at, value])
  }
  const every = Math.ceil(line.length / MAX_POINTS)
  return line.filter(([, value], i) => value === null || i % every === 0).slice(-2 * MAX_POINTS)
}

function inWords(line: [number, number | null][], say: (value: number) => string, aim: string): string {
  const values = line.flatMap(([, value]) => (value === null ? [] : [value]))
  if (values.length === 0) return 'Last 24 hours: nothing known'
  const least = values.reduce((a, b) => Math.min(a, b))
  const most = values.reduce((a, b) => Math.max(a, b))
  return `Last 24 hours: from ${say(least)} to ${say(most)}, target ${aim}`
}
