/** Tests a body against an author's pattern without ever blocking for long, however the pattern backtracks. */
import { Script, createContext } from 'node:vm'

const MATCH_MS = 100
const MAX_INPUT = 2 * 1024 * 1024

export type MatchResult = { ok: boolean } | { error: string }

// One context for all: it holds only what the next line of `matches` puts there.
const context = createContext(Object.create(null) as object)
const test = new Script('new RegExp(source).test(text)')

/** Whether `text` (its first 2 MB) matches. A pattern that takes longer than 100 ms is an error of the pattern. */
export function matches(source: string, text: string): MatchResult {
  Object.assign(context, { source, text: text.slice(0, MAX_INPUT) })
  try {
    return { ok: test.runInContext(context, { timeout: MATCH_MS }) === true }
  } catch (error) {
    const late = (error as { code?: string }).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
    return {
      error: late ? `the pattern needs more than ${MATCH_MS} ms: it backtracks too much` : String(error),
    }
  } finally {
    Object.assign(context, { source: '', text: '' })
  }
}
