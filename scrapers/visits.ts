/** Who is at a site and who waits for a turn there: the latter take no place away, and nobody waits for them at the end. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Lane } from '../engine/index.ts'
import type { Gate } from './politeness/gate.ts'
import { type Turn, giveBack } from './politeness/turn.ts'

/** What a run uses in place of the gate and of a sleep of its own. */
export interface Visiting {
  gate: Gate
  sleep: (ms: number) => Promise<void>
}

interface One {
  /** What it was let in for and has not reported. */
  booked: Pick<Turn, 'visit' | 'exit'> | null
}

export interface Visits {
  /** How many wait for their turn. */
  readonly waiting: Readonly<Record<Lane, number>>
  readonly stopping: boolean
  /** One run. Where all is to stop its `sleep` does not come back: the run is handed back, and its turn given back. */
  during<T>(lane: Lane, run: (visiting: Visiting) => Promise<T>): Promise<T>
  /**
   * From now on nobody comes out of a wait. Resolves when those at a site are done and the turns of those who wait are
   * given back, at the latest after `grace` ms.
   */
  stop(grace: number): Promise<void>
}

export function createVisits(gate: Gate): Visits {
  const waiting = { browser: 0, http: 0 }
  const there = new Set<One>()
  const away = new Set<One>()
  let stopping = false
  let allDone: () => void = () => undefined

  async function giveUp(one: One): Promise<void> {
    const { booked } = one
    one.booked = null
    if (booked !== null) await giveBack(gate, booked)
  }

  function leave(one: One): void {
    there.delete(one)
    if (there.size === 0) allDone()
  }

  return {
    waiting,
    get stopping() {
      return stopping
    },
    async during(lane, run) {
      const one: One = { booked: null }
      there.add(one)
      const sleep = async (ms: number): Promise<void> => {
        waiting[lane] += 1
        if (stopping) await giveUp(one)
        leave(one)
        away.add(one)
        if (!stopping) await pause(ms)
        if (stopping) return new Promise(() => undefined)
        waiting[lane] -= 1
        away.delete(one)
        there.add(one)
      }
      const noting: Gate = {
        ...gate,
        async admit(visit, again) {
          const admission = await gate.admit(visit, again)
          if (admission.go) one.booked = { visit, exit: admission.exit }
          return admission
        },
        report(visit, visited) {
          one.booked = null
          return gate.report(visit, visited)
        },
      }
      return run({ gate: noting, sleep }).finally(() => leave(one))
    },
    async stop(grace) {
      stopping = true
      const done = new Promise<void>((resolve) => (allDone = resolve))
      if (there.size === 0) allDone()
      const givenBack = Promise.all([...away].map(giveUp))
      await Promise.race([Promise.all([done, givenBack]), pause(grace, undefined, { ref: false })])
    },
  }
}
