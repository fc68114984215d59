/**
 * The quantile sketches of a window, kept from slide to slide: what enters is added, what leaves is taken away. Only
 * integers are added and subtracted, so they are the very counts that adding all panes anew would give. Groups that
 * were amended in a closed pane are made anew while that pane is near: what was added of them is not known any more.
 */
import type { Work } from '../work.ts'
import type { Pane } from './pane.ts'
import { EMPTY, SketchArena } from './sketch.ts'
import { Touched } from './touched.ts'

/** Pages beyond twice those of the last time made anew: most are empty by then, since values have moved on. */
const SPARE_PAGES = 1024

export class WindowSketches {
  private readonly arena = new SketchArena()
  private heads = new Int32Array(64)
  /** The panes that are added, in order. */
  private panes: readonly Pane[] = []
  private pagesAnew = 0

  get pages(): number {
    return this.arena.pages
  }

  /** Makes them those of `panes`, in order. */
  *reading(panes: readonly Pane[]): Work {
    const before = new Set(this.panes)
    const entering = panes.filter((pane) => !before.has(pane))
    const now = new Set(panes)
    const leaving = this.panes.filter((pane) => !now.has(pane))
    const amended = amendedOf([...leaving, ...panes])
    const crowded = this.arena.pages > 2 * this.pagesAnew + SPARE_PAGES
    if (crowded || entering.length + leaving.length >= panes.length) yield* this.readingAnew(panes)
    else {
      for (const pane of leaving) this.subtract(pane, amended)
      yield
      for (const pane of entering) this.add(pane, amended)
      yield
      for (let i = 0; i < amended.size; i++) this.remake(amended.at(i), panes)
    }
    this.panes = [...panes]
  }

  /** One group of `panes` only. */
  readOne(panes: readonly Pane[], group: number): void {
    this.clear()
    this.remake(group, panes)
  }

  /** As SketchArena.quantile; `n`: events of the group in the window. */
  quantile(group: number, q: number, n: number): number {
    return this.arena.quantile(this.heads[group]!, q, n)
  }

  private *readingAnew(panes: readonly Pane[]): Work {
    this.clear()
    const none = new Touched()
    for (const pane of panes) {
      this.add(pane, none)
      yield
    }
    this.pagesAnew = this.arena.pages
  }

  private clear(): void {
    this.arena.clear()
    this.heads.fill(EMPTY)
    this.panes = []
  }

  private add(pane: Pane, amended: Touched): void {
    const { touched } = pane
    for (let i = 0; i < touched.size; i++) {
      const group = touched.at(i)
      if (!amended.has(group)) this.merge(group, pane)
    }
  }

  private subtract(pane: Pane, amended: Touched): void {
    const { touched } = pane
    for (let i = 0; i < touched.size; i++) {
      const group = touched.at(i)
      if (!amended.has(group)) this.arena.subtract(this.heads[group]!, pane.sketches!, pane.head(group))
    }
  }

  private remake(group: number, panes: readonly Pane[]): void {
    this.arena.reset(this.heads[group] ?? EMPTY)
    for (const pane of panes) if (pane.touched.has(group)) this.merge(group, pane)
  }

  private merge(group: number, pane: Pane): void {
    if (group >= this.heads.length) {
      const bigger = new Int32Array(2 ** Math.ceil(Math.log2(group + 1)))
      bigger.set(this.heads)
      this.heads = bigger
    }
    this.heads[group] = this.arena.merge(this.heads[group]!, pane.sketches!, pane.head(group))
  }
}

function amendedOf(panes: readonly Pane[]): Touched {
  const amended = new Touched()
  for (const { amended: some } of panes) {
    for (let i = 0; some !== null && i < some.size; i++) amended.add(some.at(i))
  }
  return amended
}
