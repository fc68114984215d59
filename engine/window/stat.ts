/** From accumulators to the stats people ask for. Null means "nothing to say", never zero. */
import type { Stat } from '../config/compiled.ts'
import { COUNT, M2, MAX, MIN, SUM, TOTAL } from './shape.ts'

/**
 * One stat of the accumulators at `cell[at…]`. `size` is the length of time they cover in ms (for rates).
 * Quantiles and `distinct` come from no cell, and are not answered here. Sums beyond what a double holds are
 * nothing to say: an infinity or NaN would pass for a value in every comparison.
 */
export function statOf(stat: Stat, cell: ArrayLike<number>, at: number, size: number): number | null {
  const value = valueOf(stat, cell, at, size)
  return Number.isFinite(value) ? value : null
}

function valueOf(stat: Stat, cell: ArrayLike<number>, at: number, size: number): number | null {
  const count = cell[at + COUNT]!
  switch (stat) {
    case 'count':
      return count
    case 'rate':
      return count / (size / 1000)
    case 'sum':
      return count > 0 ? cell[at + SUM]! : 0
    case 'mean':
      return count > 0 ? cell[at + SUM]! / count : null
    case 'min':
      return count > 0 ? cell[at + MIN]! : null
    case 'max':
      return count > 0 ? cell[at + MAX]! : null
    case 'stddev':
      return count > 0 ? Math.sqrt(Math.max(0, cell[at + M2]! / count)) : null
    case 'ratio':
      return cell[at + TOTAL]! > 0 ? count / cell[at + TOTAL]! : null
    case 'distinct':
    case 'p50':
    case 'p75':
    case 'p90':
    case 'p95':
    case 'p99':
    case 'p999':
      return null
  }
}

/** Whether nothing at all is a known value (a count of zero) and not an unknown one (a mean of nothing). */
export function knownWhenEmpty(stat: Stat): boolean {
  return stat === 'count' || stat === 'rate' || stat === 'sum' || stat === 'distinct'
}
