/**
 * A window read: the accumulators of every group over a run of panes of one rung, folded anew in pane order.
 * Nothing is subtracted from floats, so a restored worker gives the same bits as one that never stopped.
 */
import type { Stat } from '../config/compiled.ts'
import { emptyCell, type Pane } from './pane.ts'
import { COUNT, QUANTILES, type Shape } from './shape.ts'
import { EMPTY, SketchArena } from './sketch.ts'
import { statOf } from './stat.ts'
import { Touched } from './touched.ts'

export class PaneFold {
  /** Groups with at least one event in the run, in order of first touch. */
  readonly groups = new Touched()
  private readonly shape: Shape
  private cells = new Float64Array(0)
  private heads = new Int32Array(0)
  private readonly sketches: SketchArena | null
  private size = 0

  constructor(shape: Shape) {
    this.shape = shape
    this.sketches = shape.sketch ? new SketchArena() : null
  }

  /** Reads panes numbered from…to (half open) of `size` ms altogether; all groups, or just one. */
  read(panes: ReadonlyMap<number, Pane>, from: number, to: number, size: number, only?: number): void {
    this.groups.clear()
    this.sketches?.clear()
    this.size = size
    const { stride } = this.shape
    for (let number = from; number < to; number++) {
      const pane = panes.get(number)
      if (!pane || !pane.closed) continue
      if (only !== undefined) {
        if (pane.touched.has(only)) this.take(pane, only, stride)
        continue
      }
      for (let i = 0; i < pane.touched.size; i++) this.take(pane, pane.touched.at(i), stride)
    }
  }

  private take(pane: Pane, group: number, stride: number): void {
    if (this.groups.add(group)) this.start(group)
    pane.fold(group, this.cells, group * stride)
    if (this.sketches) {
      this.heads[group] = this.sketches.merge(this.heads[group]!, pane.sketches!, pane.head(group))
    }
  }

  /** Events that count for `group`, 0 where there are none. */
  count(group: number): number {
    return this.groups.has(group) ? this.cells[group * this.shape.stride + COUNT]! : 0
  }

  /** One accumulator of `group`; 0 where there are no events. */
  raw(group: number, offset: number): number {
    return this.groups.has(group) ? this.cells[group * this.shape.stride + offset]! : 0
  }

  /** One stat of `group` over the run, null where there is nothing to say. */
  stat(stat: Stat, group: number): number | null {
    if (!this.groups.has(group)) return stat === 'count' || stat === 'rate' || stat === 'sum' ? 0 : null
    const q = QUANTILES[stat]
    if (q === undefined) return statOf(stat, this.cells, group * this.shape.stride, this.size)
    const value = this.sketches!.quantile(this.heads[group]!, q, this.count(group))
    return Number.isNaN(value) ? null : value
  }

  private start(group: number): void {
    const { stride } = this.shape
    if ((group + 1) * stride > this.cells.length) {
      const capacity = Math.max(64, 2 ** Math.ceil(Math.log2(group + 1)))
      const cells = new Float64Array(capacity * stride)
      cells.set(this.cells)
      this.cells = cells
      const heads = new Int32Array(capacity)
      heads.set(this.heads)
      this.heads = heads
    }
    emptyCell(this.cells, group * stride, this.shape)
    this.heads[group] = EMPTY
  }
}
