/**
 * Whose `distinct` is worth a union at every slide. A union costs what its panes hold, up to 64 x 2 KB a group; so
 * a window shows it of every group where a rule or the board asks for it, and else of the first thousand groups
 * of each partition, in the order of their ids. The config and the log decide, never a reader.
 */
import type { CompiledConfig, CompiledMetric } from '../config/compiled.ts'

/** Groups of a partition whose `distinct` is shown though neither rule nor board asks for it. */
export const UNASKED = 1000

/** Groups with an id below this are watched. */
export function watchedBelow(config: CompiledConfig, metric: CompiledMetric, window: string): number {
  const asks = (one: { metric: string; stat: string; window: string }): boolean =>
    one.stat === 'distinct' && one.metric === metric.name && one.window === window
  if (!metric.stats.includes('distinct')) return 0
  const { board, rules } = config
  return rules.some(asks) || board.promises.some(asks) || board.numbers.some(asks)
    ? Number.POSITIVE_INFINITY
    : UNASKED
}
