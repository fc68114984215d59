/**
 * One pane: the smallest slice of time on its rung, with one cell of accumulators per touched group.
 *
 * Cells live in pages of 64 groups, allocated on touch, so that a pane costs what was touched and not what
 * exists. Merging is done in pane order everywhere, so sums have the same bits wherever they are computed.
 */
import type { ByteReader } from './bytes.ts'
import { COUNT, M2, MAX, MIN, type Shape, SUM, TOTAL } from './shape.ts'
import { HyperLogLogArena } from './hyper-log-log-arena.ts'
import { SketchArena } from './sketch.ts'
import { Touched } from './touched.ts'

const PAGE_BITS = 6
const PAGE_MASK = (1 << PAGE_BITS) - 1
const PAGE = 1 << PAGE_BITS

const NONE: readonly number[] = []
const NO_CELLS = new Float64Array(0)
const NO_HEADS = new Int32Array(0)
/** Pages in the largest slab. */
const MAX_SLAB = 64

export class Pane {
  /** Start of the pane divided by its rung's size. */
  readonly number: number
  /** Groups amended after this pane had been closed and emitted; null while there are none. */
  changed: Touched | null = null
  /** All groups ever amended in this object; not part of a snapshot. */
  amended: Touched | null = null
  /** True once event time as of which windows are read has passed its end. */
  closed = false
  /** True when the block in the last snapshot no longer tells the truth. */
  dirty = true
  readonly sketches: SketchArena | null
  /** The different values of each group. */
  readonly distinct: HyperLogLogArena | null
  private readonly shape: Shape
  private readonly groups = new Touched()
  /** Reads the cells, where nobody has needed them yet. */
  private unread: (() => void) | null = null
  private readonly cells: (Float64Array | undefined)[] = []
  private readonly heads: (Int32Array | undefined)[] = []
  /** Pages made, and how many are left to be made of the newest slabs. */
  private made = 0
  private left = 0
  private cellSlab = NO_CELLS
  private headSlab = NO_HEADS

  /** `pages`: sketch pages to make room for, such as the pane before took. */
  constructor(number: number, shape: Shape, pages = 0) {
    this.number = number
    this.shape = shape
    this.sketches = shape.sketch ? new SketchArena(pages) : null
    this.distinct = shape.distinct ? new HyperLogLogArena() : null
  }

  /** The groups that have a cell. Whoever asks for cells asks for these first. */
  get touched(): Touched {
    if (this.unread !== null) {
      const read = this.unread
      this.unread = null
      read()
    }
    return this.groups
  }

  /** As `touched`, for those who need no cells. */
  get members(): Touched {
    return this.groups
  }

  /** `read` puts the cells of `groups` back with `read` and `restore`, when they are first needed. It must not fail. */
  readLater(groups: Int32Array, read: () => void): void {
    for (const group of groups) this.groups.add(group)
    this.unread = read
  }

  /** Adds one event. `matched`: whether it meets the metric's `where`; `value` is ignored without `of`. */
  add(group: number, matched: boolean, value: number): void {
    this.dirty = true
    const at = (group & PAGE_MASK) * this.shape.stride
    let cells = this.cells[group >>> PAGE_BITS]
    if (cells === undefined || cells[at + TOTAL] === 0) cells = this.page(group)
    cells[at + TOTAL]! += 1
    if (!matched) return
    const n = (cells[at + COUNT]! += 1)
    if (!this.shape.values) return
    if (this.shape.m2 && n > 1) {
      // Welford's update in terms of the old and new mean.
      const oldMean = cells[at + SUM]! / (n - 1)
      const newMean = (cells[at + SUM]! + value) / n
      cells[at + M2]! += (value - oldMean) * (value - newMean)
    }
    cells[at + SUM]! += value
    if (value < cells[at + MIN]!) cells[at + MIN] = value
    if (value > cells[at + MAX]!) cells[at + MAX] = value
    if (this.sketches) {
      const heads = this.heads[group >>> PAGE_BITS]!
      const slot = group & PAGE_MASK
      heads[slot] = this.sketches.add(heads[slot]!, value)
    }
  }

  /** Adds the cell of `group` in `from`, where it may have another id, to ours. */
  merge(group: number, from: Pane, fromGroup = group): void {
    this.dirty = true
    const cells = this.page(group)
    const { stride } = this.shape
    const at = (group & PAGE_MASK) * stride
    const fromAt = (fromGroup & PAGE_MASK) * stride
    mergeCell(cells, at, from.cells[fromGroup >>> PAGE_BITS]!, fromAt, this.shape)
    if (this.sketches) {
      const heads = this.heads[group >>> PAGE_BITS]!
      const slot = group & PAGE_MASK
      heads[slot] = this.sketches.merge(heads[slot]!, from.sketches!, from.head(fromGroup))
    }
    this.distinct?.merge(group, from.distinct!, fromGroup)
  }

  /** Empties the cell of `group`, which stays touched. */
  reset(group: number): void {
    this.dirty = true
    emptyCell(this.page(group), (group & PAGE_MASK) * this.shape.stride, this.shape)
    if (this.sketches) this.sketches.reset(this.head(group))
    this.distinct?.reset(group)
  }

  /** Adds the cell of `group` to the accumulators at `to[at…]`. The group must be touched. */
  fold(group: number, to: Float64Array, at: number): void {
    mergeCell(to, at, this.cells[group >>> PAGE_BITS]!, (group & PAGE_MASK) * this.shape.stride, this.shape)
  }

  /** One accumulator of a touched group. */
  get(group: number, offset: number): number {
    return this.cells[group >>> PAGE_BITS]![(group & PAGE_MASK) * this.shape.stride + offset]!
  }

  /** Sketch of a touched group in `sketches`. */
  head(group: number): number {
    return this.heads[group >>> PAGE_BITS]![group & PAGE_MASK]!
  }

  /** Puts back a cell read from a snapshot. */
  restore(group: number, cell: ArrayLike<number>, buckets: ArrayLike<number>): void {
    const cells = this.page(group)
    const at = (group & PAGE_MASK) * this.shape.stride
    for (let i = 0; i < this.shape.stride; i++) cells[at + i] = cell[i]!
    if (this.sketches) this.heads[group >>> PAGE_BITS]![group & PAGE_MASK] = this.sketches.fromList(buckets)
  }

  /** As `restore`; the buckets follow in `from`. */
  read(group: number, cell: ArrayLike<number>, from: ByteReader): void {
    this.restore(group, cell, NONE)
    if (this.sketches) this.heads[group >>> PAGE_BITS]![group & PAGE_MASK] = this.sketches.read(from)
  }

  /** Pages are cut from slabs that double in size: arrays of their own cost more than what is written into them. */
  private newPage(number: number): Float64Array {
    const size = PAGE * this.shape.stride
    if (this.left === 0) {
      this.left = Math.min(MAX_SLAB, Math.max(1, this.made))
      this.cellSlab = new Float64Array(this.left * size)
      if (this.shape.sketch) this.headSlab = new Int32Array(this.left * PAGE)
    }
    this.left--
    this.made++
    if (this.shape.sketch)
      this.heads[number] = this.headSlab.subarray(this.left * PAGE, (this.left + 1) * PAGE)
    return this.cellSlab.subarray(this.left * size, (this.left + 1) * size)
  }

  private page(group: number): Float64Array {
    const number = group >>> PAGE_BITS
    const { touched } = this
    const { stride } = this.shape
    let cells = this.cells[number]
    if (cells === undefined) {
      cells = this.newPage(number)
      this.cells[number] = cells
    }
    if (touched.add(group)) emptyCell(cells, (group & PAGE_MASK) * stride, this.shape)
    return cells
  }
}

export function emptyCell(cells: Float64Array, at: number, shape: Shape): void {
  cells.fill(0, at, at + shape.stride)
  if (shape.values) {
    cells[at + MIN] = Number.POSITIVE_INFINITY
    cells[at + MAX] = Number.NEGATIVE_INFINITY
  }
}

/** Adds one cell to another. M2 by Chan, Golub and LeVeque's pairwise formula. */
export function mergeCell(
  to: Float64Array,
  at: number,
  from: Float64Array,
  fromAt: number,
  shape: Shape,
): void {
  if (shape.values) {
    if (shape.m2) {
      const a = to[at + COUNT]!
      const b = from[fromAt + COUNT]!
      if (b > 0) {
        const delta = a > 0 ? from[fromAt + SUM]! / b - to[at + SUM]! / a : 0
        to[at + M2]! += from[fromAt + M2]! + (delta * delta * a * b) / (a + b)
      }
    }
    to[at + SUM]! += from[fromAt + SUM]!
    if (from[fromAt + MIN]! < to[at + MIN]!) to[at + MIN] = from[fromAt + MIN]!
    if (from[fromAt + MAX]! > to[at + MAX]!) to[at + MAX] = from[fromAt + MAX]!
  }
  to[at + COUNT]! += from[fromAt + COUNT]!
  to[at + TOTAL]! += from[fromAt + TOTAL]!
}
