/** One attempt to bring one message to one address, and what its outcome means. */
import { clean } from '../board/say/name.ts'
import { refuseHost, type Lookup } from './destination.ts'

export type Outcome =
  | { status: 'sent' }
  /** Sending it again would end the same. */
  | { status: 'failed'; reason: string }
  /** `afterMs`: the receiver said how long to wait. */
  | { status: 'retry'; reason: string; afterMs: number | null }

export interface DeliverOptions {
  timeoutMs: number
  allowPrivate: boolean
  clock: () => number
  resolve?: Lookup
}

/** A receiver that asks for more is asked again after this. ms */
const MAX_RETRY_AFTER = 3_600_000
const RETRY_STATUS = new Set([408, 425, 429])

/** Posts JSON; throws nothing. Redirects are not followed: they would lead around the check of the address. */
export async function deliver(
  url: URL,
  body: object,
  key: string,
  options: DeliverOptions,
): Promise<Outcome> {
  try {
    const refusal = options.allowPrivate ? null : await refuseHost(url, options.resolve)
    if (refusal !== null) return { status: 'failed', reason: refusal }
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/json', 'user-agent': 'weir', 'idempotency-key': key },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(options.timeoutMs),
    })
    const said = await firstWords(response)
    // A receiver that echoes its address must not bring the secret into our log.
    const hidden = said.includes(url.pathname) && url.pathname.length > 1 ? '' : said
    return judge(response.status, response.headers.get('retry-after'), hidden, options.clock())
  } catch (error) {
    return { status: 'retry', reason: networkReason(error), afterMs: null }
  }
}

/** What an answer means. `retryAfter` as in the header: seconds or a date. */
export function judge(status: number, retryAfter: string | null, said: string, now: number): Outcome {
  if (status >= 200 && status < 300) return { status: 'sent' }
  const reason = said === '' ? `HTTP ${status}` : `HTTP ${status}: ${said}`
  if (status < 500 && !RETRY_STATUS.has(status)) return { status: 'failed', reason }
  return { status: 'retry', reason, afterMs: waitOf(retryAfter, now) }
}

function waitOf(header: string | null, now: number): number | null {
  if (header === null) return null
  const ms = /^\d{1,9}$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now
  return Number.isFinite(ms) ? Math.min(MAX_RETRY_AFTER, Math.max(0, ms)) : null
}

/** At most 100 characters of the answer: Slack says there what is wrong, such as `no_service`. */
async function firstWords(response: Response): Promise<string> {
  const reader = response.body?.getReader()
  if (reader === undefined) return ''
  try {
    const { value } = await reader.read()
    return value === undefined ? '' : clean(Buffer.from(value.subarray(0, 400)).toString('utf8'), 100)
  } finally {
    reader.cancel().catch(() => undefined)
  }
}

/** Code of a network failure; never its message, which may name the address. */
function networkReason(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'no answer in time'
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = (cause as { code?: unknown } | null)?.code
  return typeof code === 'string' ? `network: ${code}` : 'network: failed'
}
