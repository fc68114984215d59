/** One of the few numbers at the foot of the board; it takes the mood of the alerts about it. */
import type { Alert, CompiledNumber } from '../../../engine/index.ts'
import type { BoardInput, BoardNumber, Mood } from '../board.ts'
import { matches, measure } from './measure.ts'
import { clean } from './name.ts'
import { quantity, unitOf } from './quantity.ts'

export function number(
  asked: CompiledNumber,
  input: BoardInput,
  firing: Alert[],
  blind: string | null,
): BoardNumber {
  const config = input.config!
  const unit = unitOf(
    config.metrics.find((each) => each.name === asked.metric),
    asked.stat,
  )
  const rows = input.kpis(asked.metric, asked.window)
  const { value, stale } = measure(
    config,
    rows,
    asked,
    asked.stat === 'ratio' ? 'lowest' : 'highest',
    input.now,
  )
  return {
    title: clean(asked.title, 60),
    ...quantity(value, asked.stat, unit),
    mood: value === null || stale || blind !== null ? 'unknown' : alarm(asked, firing),
  }
}

function alarm(asked: CompiledNumber, firing: Alert[]): Mood {
  const about = firing.filter(
    (alert) =>
      alert.metric === asked.metric && alert.stat === asked.stat && matches(alert.group, asked.group),
  )
  if (about.length === 0) return 'good'
  return about.some((alert) => alert.severity === 'critical') ? 'bad' : 'warn'
}
