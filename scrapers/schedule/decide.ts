/**
 * What becomes of a run that was taken: done, told as missed or paused, or as crashed where its process died. Pure.
 * Every due time ends in exactly one event, or in one that says how many of them it stands for.
 */
import type { Claim, Missed } from '../../engine/index.ts'
import type { Every } from '../define/every.ts'
import { NEVER, dueAfter, latestDue, nextDue, passed } from './plan.ts'

/**
 * What happens with due times that passed while no process ran or none had room: `skip` runs none of them that is
 * later than `ON_TIME_MS`, `once` runs the newest, `all` runs the newest `MAX_BACKLOG` one after another.
 */
export const CATCH_UP = ['skip', 'once', 'all'] as const
export type CatchUp = (typeof CATCH_UP)[number]

/** With `skip`, a run that begins so much after its due time still counts as that run, ms. */
export const ON_TIME_MS = 5000
export const MAX_BACKLOG = 24
/** Processes that may die over a run before it is given up: one that kills its process must not kill them all. */
const MAX_DEATHS = 2

export interface Timing {
  every: Every
  catchUp: CatchUp
}

export interface Decision {
  /** Due time of a run that ended with its process. */
  died: number | null
  missed: Missed | null
  /** Due time of the run to do now. */
  run: number | null
  /** Up to here everything is decided. */
  upTo: number
}

const NOBODY = 'no scraper process was there or had room'
const STILL_GOING = 'the run before was still going'

/** What to do with a claim at `now`. */
export function decide(claim: Claim, { every, catchUp }: Timing, now: number): Decision {
  const { due, attempt, asked, paused } = claim
  if (asked) {
    const died = attempt >= MAX_DEATHS
    return { died: died ? due : null, missed: null, run: died ? null : due, upTo: due }
  }
  const { count, newest } = passed(every, due, now)
  // A run that died is done again only while it is still the newest one.
  const died = attempt > 0 && (count > 0 || attempt >= MAX_DEATHS || paused !== null)
  const total = died ? count : count + 1
  const first = died ? dueAfter(every, due, 1) : due
  const decision: Decision = { died: died ? due : null, missed: null, run: null, upTo: newest }
  if (total === 0) return decision
  if (paused) return { ...decision, missed: { due: first, count: total, ...pausedBy(paused.by) } }
  const without = catchUp === 'all' ? Math.max(0, total - MAX_BACKLOG) : total - 1
  if (catchUp === 'skip' && now - newest > ON_TIME_MS)
    return { ...decision, missed: { due: first, count: total, reason: 'missed', why: NOBODY } }
  const run = catchUp === 'all' ? dueAfter(every, first, without) : newest
  return {
    ...decision,
    run,
    upTo: run,
    missed: without > 0 ? { due: first, count: without, reason: 'missed', why: NOBODY } : null,
  }
}

/**
 * When the scraper is due next (null: never), and what passed meanwhile; `started`: when the run had begun; `to`: when it
 * is to run from now on, where that has changed.
 */
export function afterwards(
  { planned, asked }: Claim,
  { every, catchUp }: Timing,
  { upTo }: Decision,
  started: number,
  now: number,
  to: Every = every,
): { next: number | null; missed: Missed | null } {
  if (asked) {
    const kept = planned !== null && planned <= latestDue(to, now)
    return { next: kept ? planned : orNull(nextDue(to, now, now)), missed: null }
  }
  const following = dueAfter(every, upTo, 1)
  if (catchUp === 'all' && to === every && following <= started) return { next: following, missed: null }
  const { count } = passed(every, upTo, now)
  return {
    next: orNull(nextDue(to, upTo, now)),
    missed: count > 0 ? { due: following, count, reason: 'missed', why: STILL_GOING } : null,
  }
}

function pausedBy(by: string): { reason: 'paused'; why: string } {
  return { reason: 'paused', why: `paused by ${by}` }
}

function orNull(due: number): number | null {
  return due === NEVER ? null : due
}
