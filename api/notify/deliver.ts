/** One attempt to bring one message to one address, and what its outcome means. */
import { request as overHttp, type IncomingMessage } from 'node:http'
import { request as overHttps } from 'node:https'
import { guardedLookup, PrivateTarget, refuseLiteral, type Resolve } from '../../engine/index.ts'
import { clean } from '../board/say/name.ts'

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
  /** Asked for the addresses of a name; the system's resolver by default. */
  resolve?: Resolve
}

/** A receiver that asks for more is asked again after this. ms */
const MAX_RETRY_AFTER = 3_600_000
/** Without the address, which is a secret. */
const PRIVATE = 'the address is a private one (WEIR_ALLOW_PRIVATE_WEBHOOKS=1 allows it)'
const RETRY_STATUS = new Set([408, 425, 429])

/** Posts JSON; throws nothing. Redirects are not followed: they would lead around the check of the address. */
export async function deliver(
  url: URL,
  body: object,
  key: string,
  options: DeliverOptions,
): Promise<Outcome> {
  try {
    const response = await post(url, JSON.stringify(body), key, options)
    const said = await firstWords(response)
    // A receiver that echoes its address must not bring the secret into our log.
    const hidden = said.includes(url.pathname) && url.pathname.length > 1 ? '' : said
    return judge(response.statusCode ?? 0, response.headers['retry-after'] ?? null, hidden, options.clock())
  } catch (error) {
    if (error instanceof PrivateTarget) return { status: 'failed', reason: PRIVATE }
    return { status: 'retry', reason: networkReason(error), afterMs: null }
  }
}

/** Not `fetch`: it resolves the name by itself, so what was checked need not be what is called. */
async function post(url: URL, text: string, key: string, options: DeliverOptions): Promise<IncomingMessage> {
  const { allowPrivate, resolve, timeoutMs } = options
  const reach = allowPrivate ? 'private' : 'public'
  const refused = refuseLiteral(url.hostname, reach)
  if (refused) throw refused
  return new Promise((answered, failed) => {
    const request = (url.protocol === 'https:' ? overHttps : overHttp)(url, {
      method: 'POST',
      agent: false,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
        'user-agent': 'weir',
        'idempotency-key': key,
      },
      signal: AbortSignal.timeout(timeoutMs),
      lookup: guardedLookup(reach, resolve),
    })
    request.on('response', answered)
    // Also what breaks after the answer has begun: its reader has been told already.
    request.on('error', failed)
    request.end(text)
  })
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
async function firstWords(response: IncomingMessage): Promise<string> {
  // Leaving the loop ends the connection: nobody reads the rest.
  for await (const chunk of response) return clean((chunk as Buffer).subarray(0, 400).toString('utf8'), 100)
  return ''
}

/** Code of a network failure; never its message, which may name the address. */
function networkReason(error: unknown): string {
  const { cause, code } = error as { cause?: unknown; code?: unknown }
  if (cause instanceof Error && cause.name === 'TimeoutError') return 'no answer in time'
  return typeof code === 'string' ? `network: ${code}` : 'network: failed'
}
