/** One attempt of a run: leave is asked for, and the site is visited, without a browser first where the scraper says so. */
import { randomUUID } from 'node:crypto'
import { RIGHT } from '../engine/index.ts'
import type { BrowserScraper } from './define/scraper.ts'
import { endUndone } from './heal/settle.ts'
import { signalsOf } from './http/visit-check.ts'
import type { Scraper } from './index.ts'
import { needsBrowser } from './outcome/browser-need.ts'
import { judge } from './outcome/judge.ts'
import { faulty, messageOf, skipped } from './outcome/unvisited.ts'
import { askLeave } from './politeness/ask-leave.ts'
import { directOnly } from './politeness/exit/exit.ts'
import type { Refusal } from './politeness/gate.ts'
import { learnFrom } from './politeness/learn.ts'
import type { Unheard } from './politeness/robots/obey.ts'
import type { Turn, TurnClock } from './politeness/turn.ts'
import { visitedBy } from './politeness/visit.ts'
import { type Collected, longestVisit, prepared } from './prepare.ts'
import type { RunWorld } from './run-world.ts'

type Attempted = Collected & { turn: Turn | null }

/** Without a browser where the scraper says so, and with one where that does not bring everything. */
export async function attempt(scraper: Scraper, version: string, world: RunWorld): Promise<Attempted> {
  const { browserMemory: memory, hostsRemapped, pool, gate } = world
  const { name } = scraper
  if (scraper.kind !== 'browser' || scraper.with === 'browser') return visitOnce(scraper, world)
  const inBrowser: BrowserScraper = { ...scraper, with: 'browser' }
  if (hostsRemapped || memory?.has(name, version, world.now())) return visitOnce(inBrowser, world)
  const first = await visitOnce(scraper, world)
  const verdict = judge(first.signals)
  if (first.turn === null || pool === null || !needsBrowser(first.signals, verdict)) return first
  // The browser's visit is another one, and takes a turn of its own.
  const visited = visitedBy(scraper, first.signals, verdict, first.turn.exit)
  await learnFrom(gate, world.exits ?? directOnly, first.turn, visited)
  const second = await visitOnce(inBrowser, world)
  if (second.signals.skip !== null) {
    await endUndone(inBrowser, second, world)
    return { ...first, turn: null }
  }
  second.signals.via = 'fallback'
  if (RIGHT.includes(judge(second.signals).outcome)) memory?.add(name, version, world.now())
  return second
}

/** Never rejects. */
async function visitOnce(scraper: Scraper, world: RunWorld): Promise<Attempted> {
  const nothing = { rows: [], turn: null }
  const { gate, now, sleep } = world
  const clock: TurnClock = { mono: () => performance.now(), sleep, random: Math.random }
  const begun = clock.mono()
  const visitIt = await prepared(scraper, world, clock)
  const lease = longestVisit(scraper)
  const elsewhere = world.hostsRemapped && scraper.kind === 'browser'
  let turn: Turn | Refusal | Unheard
  try {
    const visit = { token: randomUUID(), lease, elsewhere }
    turn = await askLeave({ gate, exits: world.exits ?? directOnly, clock, now }, scraper, visit)
  } catch (error) {
    // Who cannot ask does not know what others do there.
    const detail = `nobody can say whether ${scraper.site} may be visited: ${messageOf(error)}`
    return { ...nothing, signals: skipped(scraper, 'no_permit', detail) }
  }
  if ('go' in turn) return { ...nothing, signals: skipped(scraper, turn.reason, turn.detail) }
  if ('answer' in turn)
    return { ...nothing, signals: { ...signalsOf(scraper, turn.answer, now()), exit: turn.exit } }
  const waited = clock.mono() - begun
  const collected = await visitIt(turn).catch((error: unknown) => ({
    signals: faulty(scraper, 'code', error),
    rows: [],
  }))
  collected.signals.timings.waited = (collected.signals.timings.waited ?? 0) + waited
  collected.signals.exit = turn.exit
  return { ...collected, turn }
}
