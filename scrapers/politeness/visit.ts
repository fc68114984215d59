/** What a scraper asks the gate for. */
import type { Target } from '../define/scraper.ts'
import type { Visit, Visited } from './gate.ts'

/** `lease`: longest time from the turn to the report, ms. `exits`: those it may take, preferred ones first. */
export function visitOf(target: Target, token: string, lease: number, exits: readonly string[]): Visit {
  const { site, minDelay, concurrency, budget } = target
  return { site, token, minDelay, concurrency, budget, lease, exits }
}

/** How long a site is left alone once it has blocked us; nobody minds at home, and there faults are tried out. */
export function coolDown({ reach }: Pick<Target, 'reach'>): Visited['coolDown'] {
  return reach === 'public'
    ? { first: 5 * 60_000, longest: 6 * 3_600_000 }
    : { first: 15_000, longest: 60_000 }
}
