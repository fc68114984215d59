/** The newest runs of every scraper as one look at the fleet needs them: in order, each once, bounded. Pure. */
import type { Outcome, RunEvent } from '../event/run.ts'

/** Kept of one scraper, and scrapers kept: those heard last. */
export const MAX_RECENT = 50
export const MAX_SCRAPERS = 20_000
const MAX_LOST = 32

export interface RecentRun {
  /** Null where the event carried none. */
  id: string | null
  /** When it was due, ms since 1970; null where the event does not say. */
  due: number | null
  /** End of the run, ms since 1970. */
  at: number
  outcome: Outcome
  reason: string
  /** Site text included verbatim: escape on display. Kept of runs that are not right. */
  detail: string
  right: boolean
  /** How long after its due time it began, ms. */
  lateMs: number
  /** Due times that it stands for; 1 but for those that passed without a run. */
  turns: number
  /** Fields that it looked for and did not find. */
  lost: string[]
  evidence: string | null
}

export class RecentRuns {
  private readonly byScraper = new Map<string, RecentRun[]>()

  /** In any order; a run that is told again is one. */
  add(run: RunEvent): void {
    const runs = this.byScraper.get(run.scraper) ?? []
    if (run.id !== undefined) {
      const told = run.due ?? null
      // Numbers first: of thousands of scrapers this is most of the work.
      for (const { due, id } of runs) if (due === told && id === run.id) return
    }
    // Told late, it still stands where it happened.
    let place = runs.length
    while (place > 0 && runs[place - 1]!.at > run.at) place--
    if (place === 0 && runs.length >= MAX_RECENT) return
    runs.splice(place, 0, recent(run))
    if (runs.length > MAX_RECENT) runs.shift()
    this.byScraper.set(run.scraper, runs)
    if (this.byScraper.size > MAX_SCRAPERS) this.forgetOne()
  }

  /** Oldest first, at most MAX_RECENT. */
  of(scraper: string): readonly RecentRun[] {
    return this.byScraper.get(scraper) ?? []
  }

  clear(): void {
    this.byScraper.clear()
  }

  private forgetOne(): void {
    let oldest: [string, number] = ['', Infinity]
    for (const [name, runs] of this.byScraper)
      if (runs.at(-1)!.at < oldest[1]) oldest = [name, runs.at(-1)!.at]
    this.byScraper.delete(oldest[0])
  }
}

function recent(run: RunEvent): RecentRun {
  const lost = [...run.missing, ...run.invalid, ...run.empty]
  return {
    id: run.id ?? null,
    due: run.due ?? null,
    at: run.at,
    outcome: run.outcome,
    reason: run.reason,
    detail: run.right ? '' : run.detail,
    right: run.right,
    lateMs: run.lateMs ?? 0,
    turns: run.missed ?? 1,
    lost: lost.slice(0, MAX_LOST),
    evidence: run.evidence ?? null,
  }
}
