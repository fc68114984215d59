/** `weir ingest`: sends a file of events, one JSON object per line; sending it again changes nothing. */
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CompiledStream } from '../config/compiled.ts'
import { WeirError } from '../error.ts'
import { markContent } from '../event/content-mark.ts'
import { MAX_DEAD_BYTES, MAX_EVENT_BYTES } from '../event/entry.ts'
import { identifyContent, identifyRun } from '../event/ingest-identity.ts'
import { type Line, readLines } from '../event/lines.ts'
import type { Producer, Sent } from '../event/producer.ts'
import { producerId } from '../event/producer-id.ts'
import { redisAway } from '../event/redis-away.ts'
import { knownLengths, settle } from '../event/redis-ingest-record.ts'
import { openProducer } from '../event/redis-producer.ts'
import { sharedKeys } from '../stream/keys.ts'
import { INGEST_USAGE, type IngestOptions, ingestOptions } from './ingest-options.ts'
import { createProgress, type Progress, summary } from './ingest-progress.ts'
import { openSource, type Source } from './ingest-source.ts'
import { accountOf, findStream, reach, redisUrlOf } from './ingest-target.ts'
import { type Account, outcomeLine, waitForEngine } from './ingest-wait.ts'

/** What the command takes from its process. */
export interface IngestWorld {
  env: Readonly<Record<string, string | undefined>>
  out: (text: string) => void
  err: (text: string) => void
  /** Whether `err` is a terminal that shows progress. */
  terminal: boolean
  /** How long Redis may be away before the command gives up, ms. */
  patience: number
}

const PROCESS: IngestWorld = {
  env: process.env,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  terminal: process.stderr.isTTY,
  patience: 30_000,
}

/** Runs the command with the words after `ingest`; resolves to the exit code. */
export async function run(argv: string[], world: IngestWorld = PROCESS): Promise<number> {
  try {
    const options = ingestOptions(argv)
    if (options !== null) return await ingest(options, world)
    world.out(INGEST_USAGE)
    return 0
  } catch (error) {
    if (!(error instanceof WeirError)) throw error
    world.err(`${error.explain()}\n`)
    return error.code === 'WEIR_USAGE' ? 2 : 1
  }
}

/** The life of an ingest: find the target, recognise the content, send it, say what became of it. */
async function ingest(options: IngestOptions, world: IngestWorld): Promise<number> {
  const redisUrl = redisUrlOf(world.env)
  const source = await openSource(options.file)
  const { namespace, stream, id, length } = await prepare(options, source, redisUrl, world)
  const before = options.wait ? await accountOf(redisUrl, namespace, stream) : null
  const progress = createProgress(world.terminal ? world.err : null, () => performance.now())
  const producer = await openProducer({ redisUrl, namespace, stream }, { name: 'ingest', id })
  try {
    await sendAll(producer, source.read(length), progress, length, world.patience)
  } finally {
    // What is undone by now has been reported as an error.
    await producer.close(0).catch(() => undefined)
  }
  world.out(summary(progress, stream.name))
  if (before !== null) {
    const look = (): Promise<Account> => accountOf(redisUrl, namespace, stream)
    const rows = progress.sent + progress.dead
    const outcome = await waitForEngine(look, before, rows, world.patience)
    world.out(outcomeLine(outcome))
    if (!outcome.done) return 1
  }
  return options.strict && progress.dead > 0 ? 1 : 0
}

interface Prepared {
  namespace: string
  stream: CompiledStream
  /** Producer id. */
  id: string
  /** Bytes to send; null: until the end, wherever that is. */
  length: number | null
}

async function prepare(
  options: IngestOptions,
  source: Source,
  redisUrl: string,
  world: IngestWorld,
): Promise<Prepared> {
  const redis = await reach(redisUrl)
  try {
    const { namespace, stream } = await findStream(redis, options.stream, options.config, world.env)
    const key = sharedKeys(namespace).ingest
    const target = { stream: stream.name, partitions: stream.partitions }
    if (options.run !== null) {
      const run = options.run
      const { record } = await settle(redis, key, (known) => identifyRun(run, target, known, Date.now()))
      return { namespace, stream, id: record.id, length: null }
    }
    if (!source.twice) {
      world.err('This input cannot be recognised: sent again, it counts again. --run ID prevents that.\n')
      return { namespace, stream, id: producerId('stdin', Date.now(), Math.random), length: null }
    }
    const content = await markContent(source.read(null), await knownLengths(redis, key, stream.name))
    const { record } = await settle(redis, key, (known) =>
      identifyContent(content, target, known, basename(options.file), Date.now()),
    )
    return { namespace, stream, id: record.id, length: content.whole.bytes }
  } catch (error) {
    throw error instanceof WeirError ? error : redisAway('Redis went away', error, 'weir ingest')
  } finally {
    redis.disconnect()
  }
}

async function sendAll(
  producer: Producer,
  chunks: AsyncIterable<Buffer>,
  progress: Progress,
  length: number | null,
  patience: number,
): Promise<void> {
  let done = 0
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      done += chunk.length
      yield chunk
    }
  }
  try {
    for await (const lines of readLines(counted(), MAX_EVENT_BYTES, MAX_DEAD_BYTES)) {
      const fates = await patiently(
        producer,
        patience,
        Promise.all(lines.map((line) => sendLine(producer, line))),
      )
      for (const [i, fate] of fates.entries()) progress.count(lines[i]!.number, fate.ok ? null : fate.reason)
      progress.show(done, length)
    }
    await patiently(producer, patience, producer.flush(2 * patience))
  } finally {
    progress.end(done, length)
  }
}

async function sendLine(producer: Producer, line: Line): Promise<Sent> {
  const origin = `line ${line.number}`
  const row = line.cut
    ? { reason: `${line.bytes} bytes, at most ${MAX_EVENT_BYTES} allowed` }
    : parseRow(line.text)
  if ('value' in row) return producer.send(row.value as Record<string, unknown>, origin)
  await producer.reject(line.text, row.reason, origin)
  return { ok: false, reason: row.reason }
}

function parseRow(text: string): { value: unknown } | { reason: string } {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch (error) {
    return { reason: `not JSON: ${(error as Error).message.slice(0, 200)}` }
  }
}

/** Waits for Redis as long as it is worth it, then tells how to go on. */
async function patiently<T>(producer: Producer, patience: number, work: Promise<T>): Promise<T> {
  const stop = new AbortController()
  const late = sleep(patience, undefined, { signal: stop.signal }).then(async () => {
    const trouble = await producer.flush(0).catch((error: unknown) => (error as Error).cause)
    const todo = 'Once it is back, run the same command again: it goes on where this one stopped.'
    throw redisAway(`Redis has been away for ${patience / 1000} s`, trouble, 'weir ingest', todo)
  })
  late.catch(() => undefined)
  try {
    return await Promise.race([work, late])
  } finally {
    stop.abort()
  }
}
