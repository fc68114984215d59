/** Visits, and visits again where that may help, until an outcome stands. */
import type { Scraper } from '../index.ts'
import { type Verdict, judge } from '../outcome/judge.ts'
import type { Signals } from '../outcome/signals.ts'
import { type Exits, directOnly } from '../politeness/exit/exit.ts'
import type { Gate, Wish } from '../politeness/gate.ts'
import { learnFrom } from '../politeness/learn.ts'
import type { Turn } from '../politeness/turn.ts'
import { visitedBy } from '../politeness/visit.ts'
import type { Attempt } from './retry.ts'

export interface SettleWorld {
  gate: Gate
  /** Proxies; without them every visit is direct, and whoever wants a proxy does not go. */
  exits?: Exits
  /** The pool of browsers, which may have been closed meanwhile. */
  pool: { closed: boolean } | null
  /** Wall clock, ms since 1970. */
  now: () => number
  sleep: (ms: number) => Promise<void>
  /** How soon a failure is tried again within its run, ms; without it, or with null, it is not. */
  retry?: (attempt: Attempt) => number | null
}

/** `turn`: what the gate is to hear of; null where it was not admitted, or has heard already. */
export interface Visited {
  signals: Signals
  turn: Turn | null
}

/** The gate has heard of every visit but the last. */
export async function settle<V extends Visited>(
  scraper: Scraper,
  visit: () => Promise<V>,
  world: SettleWorld,
): Promise<V & { verdict: Verdict; visits: number }> {
  const begun = performance.now()
  const interval = 'interval' in scraper.every ? scraper.every.interval : Infinity
  let visited = await timed(visit)
  for (let visits = 1; ; visits += 1) {
    const { signals, turn } = visited
    const verdict = judge(signals)
    const told = turn && visitedBy(scraper, signals, verdict, turn.exit)
    const asked = askedFor(told?.wish ?? null, world.now())
    const elapsed = performance.now() - begun
    const delay = world.retry?.({ ...verdict, visits, elapsed, interval, asked }) ?? null
    if (delay === null || world.pool?.closed === true) return { ...visited, verdict, visits }
    if (turn && told) await learnFrom(world.gate, world.exits ?? directOnly, turn, told)
    await world.sleep(delay)
    const next = await timed(visit)
    // What was not done again has not been tried again.
    if (next.signals.skip !== null) {
      await endUndone(scraper, next, world)
      return { ...visited, turn: null, verdict, visits }
    }
    visited = next
  }
}

/** Tells the gate of a visit that it let in, and that did not take place all the same. */
export async function endUndone(
  scraper: Scraper,
  { signals, turn }: Visited,
  { gate, exits = directOnly }: Pick<SettleWorld, 'gate' | 'exits'>,
): Promise<void> {
  if (turn !== null)
    await learnFrom(gate, exits, turn, visitedBy(scraper, signals, judge(signals), turn.exit))
}

/** How long the site asked to be left alone, ms. */
function askedFor(wish: Wish | null, now: number): number | null {
  if (wish === null) return null
  return 'for' in wish ? wish.for : Math.max(0, wish.until - now)
}

async function timed<V extends Visited>(visit: () => Promise<V>): Promise<V> {
  const begun = performance.now()
  const visited = await visit()
  const { timings } = visited.signals
  // Waiting for a turn is no part of how long the site took.
  timings.total = performance.now() - begun - (timings.waited ?? 0)
  return visited
}
