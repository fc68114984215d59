/** `POST /v1/events/:stream`: NDJSON in, one verdict per line, answered only when all of it is in Redis. */
import type { Context } from 'hono'
import {
  declared,
  readLines,
  suggest,
  WeirError,
  type CompiledStream,
  type Line,
  type Producer,
  type Reader,
} from '../../engine/index.ts'
import { BodyLimit, boundedBody, within, type BodyLimits } from './body.ts'
import { KEYED_BYTES, readKey, TOO_MANY_KEYED, type KeyedPosts } from './keyed-post.ts'
import { isRedisAway, NO_CONFIG, problem, REDIS_AWAY, type Problem } from './problem.ts'

export interface EventDeps {
  reader: Reader
  producers: { of(stream: CompiledStream): Promise<Producer> }
  keyed: KeyedPosts
  clock: () => number
  limits: EventLimits
}

export interface EventLimits extends BodyLimits {
  lineBytes: number
  /** Longest wait for Redis to take what was sent, ms. */
  writeMs: number
}

export const EVENT_LIMITS: EventLimits = {
  bodyBytes: 32 * 1024 * 1024,
  lineBytes: 32 * 1024,
  idleMs: 10_000,
  writeMs: 10_000,
}
const TYPES = ['application/x-ndjson', 'application/ndjson', 'application/jsonl', 'application/json']
const MAX_ERRORS = 100
/** What is kept of a line too long, for the dead letters. */
const KEPT_BYTES = 4096

interface Tally {
  accepted: number
  rejected: number
  /** The first 100. */
  errors: { line: number; error: string }[]
}

export async function postEvents(c: Context, deps: EventDeps): Promise<Response> {
  const { reader, producers, keyed } = deps
  const key = readKey(c.req.header('idempotency-key'), deps.clock())
  if (key !== null && 'status' in key) return problem(c, key)
  const bodyBytes = key === null ? deps.limits.bodyBytes : Math.min(KEYED_BYTES, deps.limits.bodyBytes)
  const limits = { ...deps.limits, bodyBytes }
  const unfit = unfitBody(c, limits)
  if (unfit !== null) return problem(c, unfit)
  const config = reader.config()
  if (config === null) return problem(c, NO_CONFIG)
  const stream = streamOf(declared(config.streams), c.req.param('stream') ?? '')
  // Before the body is read: nothing is queued for a Redis that is known to be away.
  if (!reader.health().redis.ok) return problem(c, REDIS_AWAY)

  const tally: Tally = { accepted: 0, rejected: 0, errors: [] }
  const body = (c.req.raw.body as ReadableStream<Uint8Array> | null) ?? new Blob([]).stream()
  const work = async (producer: Producer, chunks: AsyncIterable<Buffer>): Promise<BodyLimit | null> => {
    const stopped = await sendLines(chunks, producer, limits, tally)
    await producer.flush(limits.writeMs)
    return stopped
  }
  let limit: BodyLimit | null = null
  try {
    const outcome =
      key === null
        ? await work(await producers.of(stream), boundedBody(body, limits))
        : await keyed.run(stream, key, body, limits, work)
    if (outcome === 'busy') return problem(c, TOO_MANY_KEYED)
    limit = outcome
  } catch (error) {
    if (error instanceof BodyLimit) limit = error
    else if (!isRedisAway(error)) throw error
    else {
      return problem(c, {
        ...REDIS_AWAY,
        detail: 'Redis went away while the events were written; some of them may be written already.',
        todo:
          key === null
            ? 'Send them again when /readyz is 200; with an Idempotency-Key they would be counted once.'
            : 'Send them again under the same key when /readyz is 200.',
      })
    }
  }
  if (limit !== null) return problem(c, limitProblem(limit, limits, tally))
  if (tally.accepted === 0 && tally.rejected > 0) return problem(c, allRejected(tally))
  return c.json(tally, 202)
}

/** Line by line, so that a full producer slows the sender down. Returns the limit that ended it, if one did. */
async function sendLines(
  body: AsyncIterable<Buffer>,
  producer: Producer,
  limits: EventLimits,
  tally: Tally,
): Promise<BodyLimit | null> {
  try {
    for await (const lines of readLines(body, limits.lineBytes, KEPT_BYTES)) {
      for (const line of lines) {
        const error = await within(sendLine(producer, line, limits), limits.writeMs, takesNothing)
        if (error === null) tally.accepted++
        else if (++tally.rejected <= MAX_ERRORS) tally.errors.push({ line: line.number, error })
      }
    }
    return null
  } catch (error) {
    if (error instanceof BodyLimit) return error
    throw error
  }
}

/** Why the line was rejected, or null. Rejected lines travel to the dead letters with their line number. */
async function sendLine(producer: Producer, line: Line, limits: EventLimits): Promise<string | null> {
  const origin = `POST line ${line.number}`
  const row = line.cut ? null : parseRow(line.text)
  if (row === null) {
    const reason = line.cut
      ? `${line.bytes} bytes, at most ${limits.lineBytes} are allowed`
      : 'not a JSON object'
    await producer.reject(line.text, reason, origin)
    return reason
  }
  const sent = await producer.send(row, origin)
  return sent.ok ? null : sent.reason
}

function parseRow(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}

/** A producer whose queue stays full means that Redis takes nothing. */
function takesNothing(): WeirError {
  return new WeirError('Redis takes no events.', { code: 'WEIR_REDIS_AWAY', domain: 'external', retry: true })
}

/** The stream of that name; throws WEIR_STREAM_UNKNOWN with a suggestion. */
export function streamOf(streams: readonly CompiledStream[], name: string): CompiledStream {
  const stream = streams.find((known) => known.name === name)
  if (stream !== undefined) return stream
  throw new WeirError(`There is no stream ${JSON.stringify(name.slice(0, 60))}.`, {
    code: 'WEIR_STREAM_UNKNOWN',
    domain: 'user',
    retry: false,
    todo: suggest(
      name,
      streams.map((known) => known.name),
    ),
  })
}

function unfitBody(c: Context, limits: EventLimits): Problem | null {
  const type = (c.req.header('content-type') ?? '').split(';')[0]!.trim().toLowerCase()
  const encoding = c.req.header('content-encoding') ?? 'identity'
  if (!TYPES.includes(type) || encoding !== 'identity') {
    return {
      status: 415,
      title: 'Unsupported body',
      detail:
        type === '' ? 'The body has no content-type.' : `${type.slice(0, 60)}, ${encoding.slice(0, 20)}.`,
      todo: 'Send one JSON object per line, uncompressed, with "content-type: application/x-ndjson".',
    }
  }
  if (Number(c.req.header('content-length') ?? 0) > limits.bodyBytes) {
    return limitProblem(new BodyLimit('size'), limits, { accepted: 0, rejected: 0, errors: [] })
  }
  return null
}

function limitProblem({ kind }: BodyLimit, limits: EventLimits, tally: Tally): Problem {
  // The connection may be in the middle of a body that nobody will read.
  const headers = { connection: 'close' }
  if (kind === 'slow') {
    return {
      status: 408,
      title: 'Body too slow',
      detail: `No bytes for ${limits.idleMs / 1000} s.`,
      todo: 'Send the rest in a new request.',
      headers,
      more: { ...tally },
    }
  }
  return {
    status: 413,
    title: 'Body too large',
    detail: `The body is larger than ${limits.bodyBytes / 1024 / 1024} MB.`,
    todo: 'Send it in parts; the lines counted in "accepted" are taken already.',
    headers,
    more: { ...tally },
  }
}

function allRejected(tally: Tally): Problem {
  return {
    status: 422,
    title: 'No valid event',
    detail: `None of the ${tally.rejected} lines is a valid event.`,
    todo: 'See "errors"; the lines are kept in the dead letters.',
    more: { ...tally },
  }
}
