/** Sends NDJSON over HTTP in bounded pieces; waits where the receiver asks for it. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Line } from './history.ts'

/** Bytes of one request body at most. */
const CHUNK = 900_000
const PATIENCE = 40

/**
 * Posts all lines to `<base>/<stream>`, one request at a time, calling `onSent` with the running total.
 * Resolves with the total. Rejects when the receiver refuses or is not there.
 */
export async function postLines(
  base: string,
  lines: Iterable<Line>,
  onSent: (total: number) => void,
): Promise<number> {
  let total = 0
  let stream: string | null = null
  let held: string[] = []
  let size = 0
  const send = async (): Promise<void> => {
    if (stream === null || held.length === 0) return
    await post(`${base}/${stream}`, held.join('\n') + '\n')
    total += held.length
    held = []
    size = 0
    onSent(total)
  }
  for (const line of lines) {
    // Every line here is ASCII, so its length is its size in bytes.
    if (line.stream !== stream || size + line.json.length + 1 > CHUNK) await send()
    stream = line.stream
    held.push(line.json)
    size += line.json.length + 1
  }
  await send()
  return total
}

/** One POST. "Too much" and "not now" are waited out; anything else that is not success rejects. */
export async function post(url: string, body: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', ...authorization() },
      body,
      signal: AbortSignal.timeout(60_000),
    })
    const answer = await response.text()
    if (response.ok) return
    const later = response.status === 429 || response.status === 503
    if (!later || attempt === PATIENCE) {
      throw new Error(`${url} answered ${response.status}: ${answer.slice(0, 300)}`)
    }
    const seconds = Number(response.headers.get('retry-after'))
    await sleep(Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 10) * 1000 : 500)
  }
}

/** `HISTORY_AUTHORIZATION`, such as `Bearer …`, for a receiver that wants one. */
function authorization(): Record<string, string> {
  const value = process.env['HISTORY_AUTHORIZATION']
  return value ? { authorization: value } : {}
}
