/** The schedule that all scraper processes share: what is due, who runs what, what is paused. Plain data. */
import type { RunEvent } from '../event/run.ts'

/** Runs that need a browser, and those that do not, wait in lines of their own. */
export const LANES = ['browser', 'http'] as const
export type Lane = (typeof LANES)[number]

export function laneOf(kind: RunEvent['kind']): Lane {
  return kind === 'browser' ? 'browser' : 'http'
}

export interface Pause {
  /** Who asked for it. */
  by: string
  /** Server time, ms. */
  since: number
}

/** One scraper's place in the schedule; times are server time in ms. */
export interface ScheduleState {
  /** Next due time; null while it runs, and where no day will come. */
  due: number | null
  running: { worker: string; due: number; since: number; attempt: number } | null
  paused: Pause | null
  /** A run outside the schedule was asked for, and has not begun. */
  asked: Pause | null
  last: { due: number; started: number; worker: string } | null
}

/** One scraper process. */
export interface FleetWorker {
  worker: string
  /** Its lease ends then, server time in ms. */
  until: number
  /** What it said about itself last. */
  scrapers: number
  running: number
  room: Record<Lane, number>
  pid: number
  host: string
  rssMb: number
}

/** Whether there is enough room for what is due. */
export interface Pressure {
  /** Due for more than a second and not begun, and since when the oldest waits, ms; 0 where none does. */
  overdue: number
  oldestMs: number
}

/** Due times, from `due` on, that no run stands for. */
export interface Missed {
  due: number
  count: number
  reason: 'missed' | 'paused'
  why: string
}

/**
 * What is to be told of a scraper before anything else. Written down before it is told: whoever tells it again, after
 * a crash, tells the same.
 */
export interface Owed {
  /** Due time of a run that ended with its process. */
  died: number | null
  missed: Missed | null
  /** Whether the due time of the claim is to be run, too; else it is settled. */
  run: boolean
  /** The timing that the claim came due by, as it was registered: the scraper may have another one by now. */
  timing: string
}

/** A run that this process has taken, and nobody else has. */
export interface Claim {
  name: string
  lane: Lane
  /** Its due time; of a run that was asked for, when. */
  due: number
  /** Due time in the schedule that it was taken from; of a run that was asked for, a later one, or null. */
  planned: number | null
  /** How many processes died over it before. */
  attempt: number
  asked: boolean
  paused: Pause | null
  owed: Owed | null
}

/** A claim that is held on, decided up to the due time `to`. */
export interface Settled {
  name: string
  due: number
  lane: Lane
  to: number
  owed: Owed
}

/** A claim that has ended, and what comes next. */
export interface Ended {
  name: string
  due: number
  lane: Lane
  /** Next due time; `null`: none will come; `unknown`: this process does not know the scraper. */
  next: number | null | 'unknown'
}

const SEPARATOR = '\t'

/** `worker, due, planned, attempt, lane, started, asked, owed`, as `turn.lua` writes it. */
export function readRunning(text: string): { worker: string; due: number; since: number; attempt: number } {
  const [worker = '', due, , attempt, , since] = text.split(SEPARATOR)
  return { worker, due: Number(due), since: Number(since), attempt: Number(attempt) }
}
