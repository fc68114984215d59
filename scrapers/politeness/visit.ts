/** What a scraper asks the gate for, and what it tells it. */
import type { Target } from '../define/scraper.ts'
import { retryAfter } from '../http/retry-after.ts'
import type { Verdict } from '../outcome/judge.ts'
import type { Signals } from '../outcome/signals.ts'
import type { Visit, Visited, Wish } from './gate.ts'

/** `lease`: longest time from the turn to the report, ms. `exits`: those it may take, preferred ones first. */
export function visitOf(target: Target, token: string, lease: number, exits: readonly string[]): Visit {
  const { site, minDelay, concurrency, budget } = target
  return { site, token, minDelay, concurrency, budget, lease, exits }
}

/** What the gate is to learn from a visit. `evidence`: id of what was kept of it. */
export function visitedBy(
  target: Target,
  signals: Signals,
  { outcome, reason, detail }: Verdict,
  exit: string,
  evidence?: string,
): Visited {
  const away = outcome === 'blocked' || outcome === 'rate_limited'
  const url = signals.finalUrl ?? signals.url
  const about = {
    scraper: target.name,
    exit,
    reason,
    detail,
    url,
    ...(evidence !== undefined && { evidence }),
  }
  return {
    outcome,
    wish: wishOf(signals, outcome),
    exit,
    coolDown: coolDown(target),
    block: away ? { ...about, outcome } : null,
  }
}

/** What the site asked for: only answers that refuse count, a 200 may say what it likes. */
function wishOf({ main }: Signals, outcome: Verdict['outcome']): Wish | null {
  const status = main?.status ?? 0
  const refuses = outcome === 'rate_limited' || status === 429 || status === 503
  return refuses ? retryAfter(main?.headers['retry-after'], main?.headers['date']) : null
}

/** How long a site is left alone once it has blocked us; nobody minds at home, and there faults are tried out. */
function coolDown({ reach }: Pick<Target, 'reach'>): Visited['coolDown'] {
  return reach === 'public'
    ? { first: 5 * 60_000, longest: 6 * 3_600_000 }
    : { first: 15_000, longest: 60_000 }
}
