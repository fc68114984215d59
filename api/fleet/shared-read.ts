/** One read for everybody who asks at about the same time: made anew after a while, and never for more than a tenth of it. */

/** An answer is good for so long, ms, or for so many times what it took to make, whichever is longer. */
const FRESH = 2000
const SHARE = 10

export interface SharedRead<T> {
  read(): Promise<T>
  /** The next read is made anew, whatever is under way. */
  forget(): void
}

export function sharedRead<T>(make: () => Promise<T>, clock: () => number, fresh = FRESH): SharedRead<T> {
  let kept: { until: number; made: Promise<T> } | null = null
  return {
    read() {
      const began = clock()
      if (kept !== null && began < kept.until) return kept.made
      const mine = { until: Infinity, made: make() }
      kept = mine
      const settled = (): void => {
        mine.until = clock() + Math.max(fresh, SHARE * (clock() - began))
      }
      const failed = (): void => {
        if (kept === mine) kept = null
      }
      mine.made.then(settled, failed)
      return mine.made
    },
    forget: () => {
      kept = null
    },
  }
}
