/** A series store in memory: what a simulation closed, for the same questions that the real stores answer. */
import type { ClosedBlock } from '../commit/folding.ts'
import type { Rung } from '../config/compiled.ts'
import type { PartitionKeys } from '../stream/keys.ts'
import type { SeriesColumn, SeriesStore } from '../series/store.ts'

type Point = Partial<Record<SeriesColumn, number | null>>

export class MemorySeries implements SeriesStore {
  readonly name = 'memory'
  /** By partition, metric, rung and group; then by start of the pane. */
  private readonly points = new Map<string, Map<number, Point>>()
  private readonly known = new Map<string, Set<string>>()

  /** Last write wins. */
  add(keys: PartitionKeys, block: ClosedBlock): void {
    const of = `${keys.series}${block.metric}`
    const groups = this.known.get(of) ?? new Set()
    this.known.set(of, groups)
    for (const [i, group] of block.groups.entries()) {
      groups.add(group)
      const name = `${of}/${block.rung}/${group}`
      const points = this.points.get(name) ?? new Map<number, Point>()
      this.points.set(name, points)
      const point: Point = points.get(block.at) ?? {}
      for (const [k, column] of block.columns.entries()) point[column] = block.values[k]![i] ?? null
      points.set(block.at, point)
    }
  }

  drain(): Promise<never> {
    return Promise.reject(new Error('a simulation has nothing to drain'))
  }

  groups(keys: PartitionKeys, metric: string): Promise<string[]> {
    return Promise.resolve([...(this.known.get(`${keys.series}${metric}`) ?? [])].sort())
  }

  range(
    keys: PartitionKeys,
    metric: string,
    rung: Rung,
    group: string,
    columns: SeriesColumn[],
    from: number,
    to: number,
  ): Promise<{ at: number[]; values: (number | null)[][] }> {
    const points = [...(this.points.get(`${keys.series}${metric}/${rung}/${group}`) ?? [])]
      .filter(([at]) => at >= from && at < to)
      .sort(([a], [b]) => a - b)
    return Promise.resolve({
      at: points.map(([at]) => at),
      values: columns.map((column) => points.map(([, point]) => point[column] ?? null)),
    })
  }
}
