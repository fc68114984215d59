/**
 * Drives one fold in pieces, so that a large entry or snapshot holds nobody up. Until a piece of work is done the fold
 * stands between two entries: it is neither asked nor fed, and nothing of it is committed.
 */
import type { Entry } from '../event/entry.ts'
import type { Work } from '../work.ts'
import type { Fold, SnapshotBlocks } from './folding.ts'

export class Piecework {
  private readonly fold: Fold
  private readonly breathe: () => Promise<void> | null
  private between = false
  private under: Promise<unknown> | null = null

  /** `breathe`: called between pieces; a promise to wait for before the next one, or null. */
  constructor(fold: Fold, breathe: () => Promise<void> | null) {
    this.fold = fold
    this.breathe = breathe
  }

  /** Whether something is half done. */
  get busy(): boolean {
    return this.between
  }

  /** Resolves when nothing is half done; null: nothing is. */
  get done(): Promise<unknown> | null {
    return this.between ? this.under : null
  }

  /** Reads one entry; null: it is done already. */
  step(entry: Entry): Promise<void> | null {
    const left = this.fold.stepping(entry)
    return left === null ? null : this.inPieces(left)
  }

  /** Begins when its caller has ended, who may be in the middle of a breath. */
  snapshot(): Promise<SnapshotBlocks> {
    return this.inPieces(this.fold.snapshotting())
  }

  private inPieces<T>(work: Work<T>): Promise<T> {
    this.between = true
    const all = this.work(work).finally(() => (this.between = false))
    this.under = all.catch(() => undefined)
    return all
  }

  private async work<T>(work: Work<T>): Promise<T> {
    await Promise.resolve()
    for (;;) {
      const piece = work.next()
      if (piece.done === true) return piece.value
      const rest = this.breathe()
      if (rest !== null) await rest
    }
  }
}
