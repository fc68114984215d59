/** Runs code of a scraper's author, which may loop for ever, without ever stopping the other scrapers. */
import { Script, createContext } from 'node:vm'
import { refuse } from './refuse.ts'

// The time limit of a script counts for everything that it calls.
const call = new Script('run()')
const context = createContext({ run: (): void => undefined })

/** What `work` returns. Throws what it throws, and WEIR_CONFIG when it is not done after `ms`; it has ended then. */
export function withinTime<T>(ms: number, work: () => T): T {
  let result: { value: T } | undefined
  context['run'] = (): void => void (result = { value: work() })
  try {
    call.runInContext(context, { timeout: ms })
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
    throw refuse('', `this was still running after ${ms / 1000} s.`, 'Look for a loop that never ends.')
  }
  return result!.value
}
