/**
 * Worst first: where a scraper stands among all, and why it is there. Pure. What is lost now comes before what was
 * lost at times, that before what nobody can judge, and all of it before what is fine.
 */
import type { Block, FleetScraper, RecentRun } from '../../engine/index.ts'
import type { Mood } from '../board/board.ts'
import { clean } from '../board/say/name.ts'
import type { FieldShare } from './field-share.ts'
import { isPause, type Strip } from './strip.ts'

/** A piece of a sentence: words, an instant to write the age of ("9 min"), or one to write as a time of day. */
export type WhyPart = { text: string } | { age: number } | { time: number }

export interface Rank {
  mood: Mood
  /** Empty where all is well. */
  why: WhyPart[]
  /** Lower is worse; within one level a greater weight is worse. */
  level: 0 | 1 | 2 | 3
  weight: number
  /** First run of the spell in which nothing was right, ms; null where the newest was. */
  since: number | null
}

export interface Facts {
  scraper: Pick<FleetScraper, 'due' | 'running' | 'paused' | 'goneSince' | 'last'>
  runs: readonly RecentRun[]
  strip: Strip
  fields: readonly FieldShare[]
  /** The open block of its site that ends last. */
  block: Pick<Block, 'until' | 'reason' | 'outcome'> | null
  /** Fields for which a proposal waits for somebody to accept or refuse it. */
  proposals: readonly string[]
  now: number
}

/** A due time that passed so long ago (ms) without a start is nobody's. */
const OVERDUE = 60_000
/** Right in fewer of the last runs is worth a word, and of so many runs at least. */
const RIGHT_ENOUGH = 0.95
const ENOUGH_RUNS = 10
const LATE_ENOUGH = 0.2

export function rankOf(facts: Facts): Rank {
  const runs = facts.runs.filter((run) => !isPause(run))
  const wrong = runs.slice(runs.findLastIndex(({ right, outcome }) => right || outcome === 'partial') + 1)
  const found = standing(facts) ?? failing(facts, wrong) ?? flawed(facts, runs) ?? FINE
  return { ...found, since: wrong[0]?.at ?? null }
}

export function compareRanks(a: Pick<Rank, 'level' | 'weight'>, b: Pick<Rank, 'level' | 'weight'>): number {
  return a.level - b.level || b.weight - a.weight
}

type Verdict = Omit<Rank, 'since'>

const FINE: Verdict = { mood: 'good', why: [], level: 3, weight: 0 }

/** What its place in the schedule says. */
function standing({ scraper, runs, now }: Facts): Verdict | null {
  const { goneSince, paused, due, running, last } = scraper
  if (goneSince !== undefined) return unknown(0.2, 'loaded by no process for ', { age: goneSince })
  if (paused !== null) return unknown(0.1, `paused by ${said(paused.by)}, for `, { age: paused.since })
  if (due !== null && running === null && now - due > OVERDUE) {
    const started = last?.started ?? runs.at(-1)?.at
    return started === undefined
      ? bad(1, { text: 'never run, due for ' }, { age: due })
      : bad(turnsOf(runs) + 1, { text: 'no run for ' }, { age: started })
  }
  return null
}

/** The newest runs brought nothing right. */
function failing({ block, now }: Facts, wrong: readonly RecentRun[]): Verdict | null {
  if (wrong.length === 0) return null
  const turns = wrong.reduce((sum, run) => sum + run.turns, 0)
  const why = reasonOf(wrong, block !== null && block.until > now ? block : null)
  // Once is no pattern yet, but a block is: nobody will try again before it ends.
  return turns > 1 || (block !== null && block.until > now) ? bad(turns, ...why) : warn(1, ...why)
}

function reasonOf(wrong: readonly RecentRun[], block: Facts['block']): WhyPart[] {
  // What kept us away from the site is a consequence of what it did when it was visited last.
  const newest = wrong.findLast((run) => run.outcome !== 'skipped') ?? wrong.at(-1)!
  const { outcome, reason } = newest
  const same = wrong.filter((run) => run.outcome === outcome).length
  const spell = wrong.length === 1 ? 'in the last run' : `in ${same} of ${wrong.length} runs`
  const turned = ['blocked', 'rate_limited', 'skipped'].includes(outcome)
  if (turned && block !== null && !['missed', 'robots'].includes(reason)) {
    const words = block.outcome === 'blocked' ? 'blocked until ' : 'asked to wait until '
    return [{ text: words }, { time: block.until }, { text: `: ${said(block.reason)}` }]
  }
  if (outcome === 'skipped' && reason === 'missed') {
    const passed = wrong.reduce((sum, run) => sum + run.turns, 0)
    return [{ text: `${passed} ${passed === 1 ? 'due time' : 'due times'} passed without a run` }]
  }
  if (newest.lost.length > 0 && SAYS_FIELDS[outcome] !== undefined) {
    const [first] = newest.lost
    const seen = wrong.filter(({ lost }) => lost.includes(first!)).length
    const more = newest.lost.length > 1 ? ` and ${newest.lost.length - 1} more` : ''
    const times = wrong.length === 1 ? spell : `in ${seen} of ${wrong.length} runs`
    return [{ text: `${said(first!)}${more} ${SAYS_FIELDS[outcome]} ${times}` }]
  }
  if (outcome === 'site_down') return [{ text: `down (${said(reason)}) for ` }, { age: wrong[0]!.at }]
  return [{ text: `${SAYS[outcome] ?? outcome} (${said(reason)}) ${spell}` }]
}

const SAYS_FIELDS: Partial<Record<RecentRun['outcome'], string>> = {
  layout_changed: 'missing',
  invalid_data: 'invalid',
}

const SAYS: Partial<Record<RecentRun['outcome'], string>> = {
  skipped: 'not visited',
  crashed: 'crashed',
  proxy_failed: 'proxy failed',
  rate_limited: 'too many requests',
  blocked: 'blocked',
  auth_failed: 'login needed',
  layout_changed: 'another page',
  invalid_data: 'invalid data',
}

/** The newest run is right, or nearly. */
function flawed({ strip, fields, proposals }: Facts, runs: readonly RecentRun[]): Verdict | null {
  const newest = runs.at(-1)
  if (newest === undefined) return unknown(0, 'no run yet')
  const worst = fields
    .filter(({ mood }) => mood === 'bad' || mood === 'warn')
    .toSorted((a, b) => dropOf(b) - dropOf(a))[0]
  if (worst !== undefined) {
    const week = worst.week === null ? '' : `, ${percent(worst.week.share)} in ${spanOf(worst.week.window)}`
    return warn(dropOf(worst), { text: `${said(worst.name)} found in ${percent(worst.now ?? 0)}${week}` })
  }
  if (newest.outcome === 'partial')
    return warn(0.5, {
      text: `${said(newest.lost[0] ?? 'a field')} ${newest.reason === 'empty' ? 'empty' : 'missing'} in the last run`,
    })
  const { right, late } = strip
  if (right !== null && right < RIGHT_ENOUGH && runs.length >= ENOUGH_RUNS)
    return warn(1 - right, { text: `right in ${percent(right)} of the last due times` })
  if (runs.length >= ENOUGH_RUNS && late.runs > runs.length * LATE_ENOUGH)
    return warn(0.1, { text: `${late.runs} of ${runs.length} runs began late` })
  if (proposals.length > 0)
    return warn(0, {
      text: `${proposals.length} ${proposals.length === 1 ? 'proposal waits' : 'proposals wait'} for your word`,
    })
  return null
}

/** Words for a window such as `7d`: only that one is a whole week. */
export function spanOf(window: string): string {
  return window === '7d' ? 'its week' : `its last ${window.replace(/(\d)([a-z])/, '$1 $2')}`
}

/** Never 100 % for less than all, nor 0 % for more than none. */
export function percent(share: number): string {
  const whole = Math.round(share * 100)
  return `${share < 1 ? Math.min(99, share > 0 ? Math.max(1, whole) : 0) : 100}%`
}

/** Names may come from anywhere. */
function said(text: string): string {
  return clean(text, 60)
}

function dropOf({ now, week }: FieldShare): number {
  return (week?.share ?? 1) - (now ?? 0)
}

/** Runs in a row, up to the newest, without anything right. */
function turnsOf(runs: readonly RecentRun[]): number {
  return runs.length - 1 - runs.findLastIndex(({ right }) => right)
}

function bad(weight: number, ...why: WhyPart[]): Verdict {
  return { mood: 'bad', why, level: 0, weight }
}
function warn(weight: number, ...why: WhyPart[]): Verdict {
  return { mood: 'warn', why, level: 1, weight }
}
function unknown(weight: number, words: string, ...rest: WhyPart[]): Verdict {
  return { mood: 'unknown', why: [{ text: words }, ...rest], level: 2, weight }
}
