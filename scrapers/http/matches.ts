/** Tests a body against an author's pattern without ever blocking for long, however the pattern backtracks. */
import { WeirError } from '../../engine/index.ts'
import type { Pattern } from '../define/check.ts'
import { withinTime } from '../define/within-time.ts'

const MATCH_MS = 100
/** A busy machine may hold up what is quick. */
const ATTEMPTS = 3
const MAX_INPUT = 2 * 1024 * 1024

export type MatchResult = { ok: boolean } | { error: string }

/** Whether `text` (its first 2 MB) matches. A pattern that takes longer than 100 ms each time is an error of the pattern. */
export function matches({ source, flags }: Pattern, text: string): MatchResult {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return { ok: withinTime(MATCH_MS, () => new RegExp(source, flags).test(text.slice(0, MAX_INPUT))) }
    } catch (error) {
      if (!(error instanceof WeirError)) return { error: String(error) }
      if (attempt === ATTEMPTS)
        return { error: `the pattern needs more than ${MATCH_MS} ms: it backtracks too much` }
    }
  }
}
