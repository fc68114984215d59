/** `weir ingest --wait`: stays until the engine has committed what was sent, and says what it made of it. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { StreamAccounting } from '../view/reader.ts'

const COUNTS = ['counted', 'duplicate', 'late', 'dead'] as const
export type Account = Pick<StreamAccounting, (typeof COUNTS)[number] | 'lagEntries'>

/** What was added since `before`, by all producers of the stream; `done` is false where the engine stood still. */
export interface Outcome {
  done: boolean
  added: Account
}

/**
 * Waits until `rows` more rows are accounted for than `before` and nothing waits, or until nothing has moved
 * for `patience` ms. `look` reads the account.
 */
export async function waitForEngine(
  look: () => Promise<Account>,
  before: Account,
  rows: number,
  patience: number,
  pause = 200,
): Promise<Outcome> {
  let still = 0
  for (let last = -1; ;) {
    const now = await look()
    const added: Account = { ...now }
    for (const name of COUNTS) added[name] = now[name] - before[name]
    const total = COUNTS.reduce((sum, name) => sum + added[name], 0)
    if (total >= rows && now.lagEntries === 0) return { done: true, added }
    still = total === last ? still + pause : 0
    last = total
    if (still >= patience) return { done: false, added }
    await sleep(pause)
  }
}

/** `counted +9,999, duplicate +0, late +0, dead +0`. */
export function outcomeLine({ done, added }: Outcome): string {
  const counts = COUNTS.map((name) => `${name} +${added[name].toLocaleString('en-US')}`).join(', ')
  return done ? `${counts}\n` : `${counts}; the engine has taken nothing more for a while: is it running?\n`
}
