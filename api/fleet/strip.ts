/** A scraper's last runs in short: spells of the same outcome, how many ran and were right, how late they began. Pure. */
import type { Outcome, RecentRun } from '../../engine/index.ts'

/** Runs in a row that ended the same way. */
export interface Spell {
  outcome: Outcome
  reason: string
  runs: number
  /** End of its first and last run, ms since 1970. */
  from: number
  to: number
}

export interface Strip {
  /** Oldest first. */
  spells: Spell[]
  /** In all spells, at most 50. */
  runs: number
  /**
   * Share of due times that were visited, and of those at which the data was right; due times without a run count,
   * those of a pause do not. Null without any.
   */
  ran: number | null
  right: number | null
  /** Runs that began more than a second after their due time, and the latest of them, ms. */
  late: { runs: number; worstMs: number }
  /** End of the newest run, and of the newest that was right; null where there is none among them. */
  newestAt: number | null
  rightAt: number | null
}

/** Outcomes without a look at the site: it was not tried, or we did not get there by our own fault. */
const NOT_RAN: readonly Outcome[] = ['skipped', 'crashed', 'proxy_failed']
const LATE_MS = 1000

export function stripOf(runs: readonly RecentRun[]): Strip {
  const spells: Spell[] = []
  for (const { outcome, reason, at } of runs) {
    const last = spells.at(-1)
    if (last?.outcome === outcome && last.reason === reason) {
      last.runs++
      last.to = at
    } else spells.push({ outcome, reason, runs: 1, from: at, to: at })
  }
  const meant = runs.filter((run) => !isPause(run))
  const turns = meant.reduce((sum, run) => sum + run.turns, 0)
  const share = (of: (run: RecentRun) => boolean): number | null =>
    turns === 0 ? null : meant.filter(of).length / turns
  const late = runs.map(({ lateMs }) => lateMs).filter((ms) => ms > LATE_MS)
  return {
    spells,
    runs: runs.length,
    ran: share(({ outcome }) => !NOT_RAN.includes(outcome)),
    right: share(({ right }) => right),
    late: { runs: late.length, worstMs: Math.max(0, ...late) },
    newestAt: runs.at(-1)?.at ?? null,
    rightAt: runs.findLast(({ right }) => right)?.at ?? null,
  }
}

export function isPause({ outcome, reason }: Pick<RecentRun, 'outcome' | 'reason'>): boolean {
  return outcome === 'skipped' && reason === 'paused'
}
