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
  private readonly passed: (entry: Entry) => void
  /** What is half done. */
  private under: Promise<unknown> | null = null

  /**
   * `breathe`: called between pieces; a promise to wait for before the next one, or null. `passed`: called when an entry
   * is whole, before anybody may ask the fold again.
   */
  constructor(fold: Fold, breathe: () => Promise<void> | null, passed: (entry: Entry) => void) {
    this.fold = fold
    this.breathe = breathe
    this.passed = passed
  }

  /** Whether something is half done. */
  get busy(): boolean {
    return this.under !== null
  }

  /** Resolves when nothing is half done; null: nothing is. */
  get done(): Promise<unknown> | null {
    return this.under
  }

  /** Reads one entry; null: it is done already. */
  step(entry: Entry): Promise<void> | null {
    const left = this.fold.stepping(entry)
    if (left !== null) return this.inPieces(left, () => this.passed(entry))
    this.passed(entry)
    return null
  }

  /** Begins when its caller has ended, who may be in the middle of a breath. */
  snapshot(): Promise<SnapshotBlocks> {
    return this.inPieces(this.fold.snapshotting(), () => undefined)
  }

  private inPieces<T>(work: Work<T>, done: () => void): Promise<T> {
    const all = this.work(work, done).finally(() => (this.under = null))
    this.under = all.catch(() => undefined)
    return all
  }

  private async work<T>(work: Work<T>, done: () => void): Promise<T> {
    await Promise.resolve()
    for (;;) {
      const piece = work.next()
      if (piece.done === true) {
        done()
        return piece.value
      }
      const rest = this.breathe()
      if (rest !== null) await rest
    }
  }
}
