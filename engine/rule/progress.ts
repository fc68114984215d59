/** How the verdict of one rule on one group moves on from one look to the next. Pure. */
import type { Verdict } from '../alert/alert.ts'
import type { Judgement } from './judge.ts'

/** What is remembered of a group that is not plainly ok. */
export interface Standing {
  verdict: Exclude<Verdict, 'ok'>
  /** Event time at which the condition began to hold. */
  since: number
  /** Whether anybody was told (an unknown that never was pending or firing is nobody's alert). */
  told: boolean
  /** Whether it has fired since `since`: unknown never resolves that. */
  fired: boolean
  /** As of when, and with which value, it was last told. */
  toldAt: number
  toldValue: number | null
}

export interface Step {
  /** Null: plainly ok, nothing to remember. */
  standing: Standing | null
  /** Whether to tell. */
  tell: boolean
}

/** A firing alert's value is kept up to date this often, in ms of event time. */
export const REFRESH = 60_000

export function progress(before: Standing | null, judged: Judgement, asOf: number, hold: number): Step {
  switch (judged.verdict) {
    case 'ok':
      return { standing: null, tell: before?.told ?? false }
    case 'unknown': {
      // Nobody is bothered with what was never known; that a rule cannot be run is told, once.
      const tell = judged.failed === true && !before?.told
      if (before === null) return { standing: stand('unknown', asOf, tell, false, asOf, null), tell }
      if (before.verdict === 'unknown') return { standing: { ...before, told: before.told || tell }, tell }
      // A condition that only began to hold and then cannot be seen has not held: forget it. Fired stays fired.
      if (!before.fired)
        return { standing: stand('unknown', asOf, before.told, false, asOf, null), tell: before.told }
      return { standing: { ...before, verdict: 'unknown', toldAt: asOf }, tell: true }
    }
    case 'firing': {
      const since = before !== null && (before.fired || before.verdict === 'pending') ? before.since : asOf
      const fired = (before?.fired ?? false) || asOf - since >= hold
      const verdict = fired ? 'firing' : 'pending'
      if (before !== null && before.verdict === verdict) {
        const stale = asOf - before.toldAt >= REFRESH && before.toldValue !== judged.value
        if (!stale) return { standing: before, tell: false }
      }
      return { standing: stand(verdict, since, true, fired, asOf, judged.value), tell: true }
    }
  }
}

function stand(
  verdict: Standing['verdict'],
  since: number,
  told: boolean,
  fired: boolean,
  toldAt: number,
  toldValue: number | null,
): Standing {
  return { verdict, since, told, fired, toldAt, toldValue }
}
