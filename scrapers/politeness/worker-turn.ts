/** A turn of a visit that needs a worker: the one for the other, and neither kept while it waits for long. */
import type { Gate, Refusal } from './gate.ts'
import { type Turn, type TurnClock, awaitTurn, lookAgain } from './turn.ts'

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
    const why = String(error).slice(0, 300)
    const detail = `nobody can say whether ${booked.visit.site} may still be visited: ${why}`
    return { go: false, reason: 'no_permit', until: 0, busy: false, detail }
  }
  for (let turn = booked; ;) {
    const mine = turn
    const result = await withWorker(async (worker): Promise<{ done: Result } | { later: Turn } | Refusal> => {
      const next = await lookAgain(gate, mine, clock).catch(unsaid)
      if ('go' in next) return next
      // Other sites need the worker more.
      if (next.at - clock.mono() > ON_WORKER_MS) return { later: next }
      const now = await awaitTurn(gate, next, clock).catch(unsaid)
      return 'go' in now ? now : { done: await visit(worker) }
    })
    if (!('later' in result)) return result
    const next = await awaitTurn(gate, result.later, clock).catch(unsaid)
    if ('go' in next) return next
    turn = next
  }
}
