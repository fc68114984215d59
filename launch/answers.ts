/** Waits until an address answers with success. */
import { setTimeout as sleep } from 'node:timers/promises'
import { WeirError } from '../engine/index.ts'

const EVERY_MS = 50
const PATIENCE_MS = 120_000

/** Rejects with WEIR_SETUP after two minutes, with the last answer and the log to look at. */
export async function answers(url: string, who: string, log: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5000) }).then(
      async (response) => (response.ok ? '' : `${response.status}: ${(await response.text()).slice(0, 300)}`),
      (error: Error) => (error.cause instanceof Error ? error.cause.message : error.message),
    )
    if (answer === '') return
    if (Date.now() > deadline)
      throw new WeirError(`${who} is not ready after ${PATIENCE_MS / 1000} s (${answer}).`, {
        code: 'WEIR_SETUP',
        domain: 'internal',
        retry: true,
        where: url,
        todo: `Look into ${log}.`,
      })
    await sleep(EVERY_MS)
  }
}
