/**
 * `Idempotency-Key`: the same body sent again under the same key counts once. Both go to the log as the same
 * producer, whose rows have the same numbers each time, so the engine takes each number once, also when both are
 * under way at the same moment, in two processes. Nothing has to be remembered here.
 */
import { createHash } from 'node:crypto'
import type { CompiledStream, Producer } from '../../engine/index.ts'
import { boundedBody, type BodyLimits } from './body.ts'
import { RETRY_AFTER, type Problem } from './problem.ts'

/** A body with a key is held in memory, because the producer's name depends on all of it. */
export const KEYED_BYTES = 4 * 1024 * 1024
/** Such requests at once. */
const MAX_OPEN = 16
/** The engine tells producers of one day apart; a key must be well within that. ms */
const OLDEST = 12 * 3_600_000
const CLOCKS_DIFFER = 300_000

/** Opens a producer with exactly this id. */
export type OpenAs = (stream: CompiledStream, id: string) => Promise<Producer>

export interface Key {
  text: string
  /** Time in it, ms. */
  at: number
}

/** The key of a request, null without one, or what is wrong with it. `now` in ms. */
export function readKey(header: string | undefined, now: number): Key | Problem | null {
  if (header === undefined) return null
  const at = Number(/^(\d{13})-[\x21-\x7e]{1,100}$/.exec(header)?.[1])
  if (at > now - OLDEST && at < now + CLOCKS_DIFFER) return { text: header, at }
  return {
    status: 400,
    title: 'Unfit Idempotency-Key',
    detail: Number.isNaN(at)
      ? 'A key is the time of the first attempt in ms since 1970, a hyphen, and up to 100 characters.'
      : 'The time in the key is over 12 h old, or in the future: it could not be told whether it counted before.',
    todo: 'Make one when the events are first sent, such as 1795356258428-batch-17, and keep it for every further attempt.',
  }
}

export const TOO_MANY_KEYED: Problem = {
  status: 503,
  title: 'Too many keyed requests',
  detail: `${MAX_OPEN} requests with an Idempotency-Key are under way already.`,
  todo: 'Try again in a few seconds, under the same key.',
  headers: RETRY_AFTER,
}

export class KeyedPosts {
  readonly #open: OpenAs
  #busy = 0

  constructor(open: OpenAs) {
    this.#open = open
  }

  /** Does `work` as the producer of this key and body, unless too many do already. Throws BodyLimit. */
  async run<T>(
    stream: CompiledStream,
    key: Key,
    body: ReadableStream<Uint8Array>,
    limits: BodyLimits,
    work: (producer: Producer, body: AsyncIterable<Buffer>) => Promise<T>,
  ): Promise<T | 'busy'> {
    if (this.#busy >= MAX_OPEN) return 'busy'
    this.#busy++
    try {
      const chunks: Buffer[] = []
      // Copied: a chunk is only ours until the next one.
      for await (const chunk of boundedBody(body, limits)) chunks.push(Buffer.from(chunk))
      const producer = await this.#open(stream, idOf(key, chunks))
      try {
        return await work(producer, only(Buffer.concat(chunks)))
      } finally {
        // What is not written by now was answered with an error, and comes again.
        await producer.close(0).catch(() => undefined)
      }
    } finally {
      this.#busy--
    }
  }
}

function idOf({ text, at }: Key, body: Buffer[]): string {
  const hash = createHash('sha256').update(`${text}\n`)
  for (const chunk of body) hash.update(chunk)
  return `http~${at}~${hash.digest('hex').slice(0, 32)}`
}

async function* only(body: Buffer): AsyncGenerator<Buffer> {
  yield body
}
