/** A turn of a visit that needs a worker: the one for the other, and neither kept while it waits for long. */
import { messageOf } from '../outcome/unvisited.ts'
import type { Gate, Refusal } from './gate.ts'
import { MAX_MISSED, type Turn, type TurnClock, lookAgain, reachTurn, tooBusy } from './turn.ts'

/** A turn that went by while a visit waited for its worker is waited for anew on that worker only so long, ms. */
const ON_WORKER_MS = 1000

/**
 * Visits on a worker, within a turn. `withWorker` runs a job once a worker is free, and rejects with what it or the job
 * rejects with.
 */
export async function visitOnWorker<Worker, Result>(
  gate: Gate,
  booked: Turn,
  clock: TurnClock,
  withWorker: <R>(job: (worker: Worker) => Promise<R>) => Promise<R>,
  visit: (worker: Worker) => Promise<Result>,
): Promise<{ done: Result } | Refusal> {
  // Who cannot ask does not know what the site has said meanwhile.
  const unsaid = (error: unknown): Refusal => {
    const detail = `nobody can say whether ${booked.visit.site} may still be visited: ${messageOf(error)}`
    return { go: false, reason: 'no_permit', until: 0, busy: false, detail }
  }
  let rounds = 0
  /** The turn once it is there; one that is far off is waited for elsewhere, as other sites need the worker more. */
  async function reached(mine: Turn): Promise<{ now: Turn } | { later: Turn } | Refusal> {
    for (let turn = mine; ;) {
      const next = await lookAgain(gate, turn, clock)
      if ('go' in next) return next
      if (next.at - clock.mono() > ON_WORKER_MS) return { later: next }
      const held = await reachTurn(gate, next, clock)
      if (held !== null) return held
      if (clock.mono() <= next.until) return { now: next }
      if ((rounds += 1) >= MAX_MISSED) return tooBusy(gate, next)
      turn = next
    }
  }

  for (let turn = booked; ;) {
    const mine = turn
    const result = await withWorker(async (worker) => {
      const turn = await reached(mine).catch(unsaid)
      return 'now' in turn ? { done: await visit(worker) } : turn
    })
    if (!('later' in result)) return result
    if ((rounds += 1) >= MAX_MISSED) return tooBusy(gate, result.later)
    const held = await reachTurn(gate, result.later, clock).catch(unsaid)
    if (held !== null) return held
    turn = result.later
  }
}
