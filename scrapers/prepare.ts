/** A visit made ready before its turn: by a browser, or without one. */
import type { BrowserScraper } from './define/scraper.ts'
import { CAPTURE_MS } from './evidence/capture.ts'
import { type Healing, unhealed } from './heal/healer.ts'
import { pageHtml } from './heal/page-html.ts'
import { visitCheck } from './http/visit-check.ts'
import { visitHtml } from './http/visit-html.ts'
import { type Row, visitJson } from './http/visit-json.ts'
import type { Scraper } from './index.ts'
import { applySane } from './read/sane.ts'
import type { Signals } from './outcome/signals.ts'
import { faulty, skipped } from './outcome/unvisited.ts'
import { directOnly } from './politeness/exit/exit.ts'
import type { Turn, TurnClock } from './politeness/turn.ts'
import { visitOnWorker } from './politeness/worker-turn.ts'
import type { Lease } from './pool/browsers.ts'
import { PoolFailure } from './pool/pool.ts'
import { visit } from './pool/visit.ts'
import type { RunWorld } from './run-world.ts'

/** How long a due run may wait for a free browser worker. */
const POOL_PATIENCE_MS = 60_000
/** The pool gives up on a job so long after the scraper's own time limit. */
const HARD_EXTRA_MS = 10_000

/** What a visit has brought. */
export interface Collected {
  signals: Signals
  rows: Row[]
}

/** Longest time from its turn to its end, ms. */
export function longestVisit({ timeout }: Scraper): number {
  return timeout + HARD_EXTRA_MS + CAPTURE_MS + POOL_PATIENCE_MS
}

/** What can be done before its turn is done, so that it begins when its turn is. */
export async function prepared(
  scraper: Scraper,
  world: RunWorld,
  clock: TurnClock,
): Promise<(turn: Turn) => Promise<Collected>> {
  const through = ({ exit }: Turn) => (world.exits ?? directOnly).upstream(exit)
  if (scraper.kind === 'http')
    return async (turn) => ({
      signals: await visitCheck({ ...scraper, through: through(turn) }, world.now),
      rows: [],
    })
  if (scraper.kind === 'json') {
    const fits = (row: Row) => world.fits?.(scraper.into, row) ?? null
    return async (turn) => {
      const { signals, events, raw } = await visitJson(
        { ...scraper, through: through(turn) },
        world.now,
        fits,
      )
      if (raw !== null && scraper.keep > 0) await world.keepAnswer?.(scraper, raw)
      return { signals, rows: events }
    }
  }
  const healing = await (world.healer ?? unhealed).begin(scraper)
  return async (turn) => {
    const visited = { ...healing.scraper, through: through(turn) }
    const signals = await (scraper.with === 'browser'
      ? visitPage(visited, healing, world, turn, clock)
      : visitMarkup(visited, healing, world))
    return { signals, rows: [] }
  }
}

/** Read without a browser. Where there is one, a field that is lost here may only need its scripts: it is healed there. */
async function visitMarkup(scraper: BrowserScraper, healing: Healing, world: RunWorld): Promise<Signals> {
  let markup: string | null = null
  const signals = await visitHtml(scraper, world.now, (seen) => (markup = seen))
  await healing.mend(async () => (world.pool === null ? markup : null), signals)
  applySane(scraper, signals)
  await healing.learn(async () => markup, signals)
  return signals
}

async function visitPage(
  scraper: BrowserScraper,
  healing: Healing,
  world: RunWorld,
  turn: Turn,
  clock: TurnClock,
): Promise<Signals> {
  const { pool, hostsRemapped, gate } = world
  if (!pool) return faulty(scraper, 'config', new Error('this process runs no browser'))
  const reach = hostsRemapped ? 'private' : scraper.reach
  const queued = clock.mono()
  let waited = 0
  const deadline = scraper.timeout + HARD_EXTRA_MS + CAPTURE_MS
  const limits = { deadline, patience: POOL_PATIENCE_MS, site: scraper.site }
  const onWorker = <R>(job: (lease: Lease) => Promise<R>): Promise<R> => pool.run(job, limits)
  try {
    const visited = await visitOnWorker(gate, turn, clock, onWorker, async (lease) => {
      waited = clock.mono() - queued
      const html = () => pageHtml(lease.page)
      const signals = await visit(lease, scraper, reach)
      await healing.mend(html, signals)
      applySane(scraper, signals)
      await healing.learn(html, signals)
      await world.keeper?.look(lease.page, scraper, signals)
      return signals
    })
    if ('go' in visited) return skipped(scraper, visited.reason, visited.detail)
    const signals = visited.done
    signals.timings.waited = waited
    // What breaks because we are stopping is nobody's failure.
    return pool.closed && (signals.fault || signals.error !== null)
      ? skipped(scraper, 'busy', 'the scrapers are stopping')
      : signals
  } catch (error) {
    if (!(error instanceof PoolFailure)) return faulty(scraper, 'code', error)
    if (error.reason === 'busy' || error.reason === 'closed') return skipped(scraper, 'busy', error.message)
    return faulty(scraper, error.reason, error)
  }
}
