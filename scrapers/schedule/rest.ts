/** Waiting that ends at once where all is to stop. */

export interface Rest {
  /** All is to stop: nobody waits any more. */
  readonly over: boolean
  /** At most so many ms. */
  nap(ms: number): Promise<void>
  end(): void
}

export function createRest(): Rest {
  const naps = new Set<() => void>()
  let over = false
  return {
    get over() {
      return over
    },
    nap(ms) {
      if (over || ms <= 0) return Promise.resolve()
      return new Promise((resolve) => {
        const end = (): void => {
          clearTimeout(timer)
          naps.delete(end)
          resolve()
        }
        const timer = setTimeout(end, ms)
        naps.add(end)
      })
    },
    end() {
      over = true
      for (const end of naps) end()
    },
  }
}
