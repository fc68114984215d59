/** Who is at a site and who waits for a turn there: the latter take no place away, and nobody waits for them at the end. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Lane } from '../engine/index.ts'

export interface Visits {
  /** How many wait for their turn. */
  readonly waiting: Readonly<Record<Lane, number>>
  readonly stopping: boolean
  /** One run. `sleep` is for its waits; where all is to stop it does not come back: the run is handed back. */
  during<T>(lane: Lane, run: (sleep: (ms: number) => Promise<void>) => Promise<T>): Promise<T>
  /** From now on nobody comes out of a wait. Resolves when those at a site are done, at the latest after `grace` ms. */
  stop(grace: number): Promise<void>
}

export function createVisits(): Visits {
  const waiting = { browser: 0, http: 0 }
  const there = new Set<object>()
  let stopping = false
  let allDone: () => void = () => undefined

  function leave(one: object): void {
    there.delete(one)
    if (there.size === 0) allDone()
  }

  return {
    waiting,
    get stopping() {
      return stopping
    },
    async during(lane, run) {
      const one = {}
      there.add(one)
      const sleep = async (ms: number): Promise<void> => {
        waiting[lane] += 1
        leave(one)
        if (!stopping) await pause(ms)
        if (stopping) return new Promise(() => undefined)
        waiting[lane] -= 1
        there.add(one)
      }
      return run(sleep).finally(() => leave(one))
    },
    async stop(grace) {
      stopping = true
      if (there.size === 0) return
      const done = new Promise<void>((resolve) => (allDone = resolve))
      await Promise.race([done, pause(grace, undefined, { ref: false })])
    },
  }
}
