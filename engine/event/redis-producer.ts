/** The producer over Redis: rounds of one batch per partition, each resent unchanged until Redis has it. */
import type { Redis } from 'ioredis'
import type { CompiledStream } from '../config/compiled.ts'
import { WeirError } from '../error.ts'
import { commitCopy, connect } from '../stream/connection.ts'
import { partitionKeys } from '../stream/keys.ts'
import { partitionOf } from '../stream/partition-hash.ts'
import { hostOf } from '../stream/redis-url.ts'
import { encodeRow } from './batch.ts'
import { MAX_EVENT_BYTES } from './entry.ts'
import { createLane, type Lane } from './lane.ts'
import type { Producer, ProducerOptions, Sent } from './producer.ts'
import { renewedId, startOf } from './producer-id.ts'
import { redisAway } from './redis-away.ts'
import { createSender } from './redis-sender.ts'
import { createWriter, type Late } from './redis-writer.ts'
import { rejected } from './rejected.ts'
import { openSpool, type Spool } from './spool.ts'
import { compileValidator, keyOf } from './validate.ts'

export interface ProducerTarget {
  /** Where to write: an address, or a client whose settings are copied (its connection is not used). */
  redisUrl?: string
  redis?: Redis
  namespace: string
  stream: CompiledStream
}

/** What the producer takes from the world, for tests. */
export interface ProducerWorld {
  /** Wall clock, ms. */
  now: () => number
  /** 0 … 1 */
  random: () => number
  /** Between two beats, ms. */
  beatEvery?: number
}

const FLUSH_DEADLINE_MS = 10_000
const MINUTE = 60_000

/**
 * Opens a producer. Does not wait for Redis: rows gather until `highWater`, and `flush` tells whether they
 * arrived. Throws WEIR_CONFIG where the stream's schema cannot be compiled, WEIR_SPOOL where the spool is another's.
 */
export async function openProducer(
  target: ProducerTarget,
  options: ProducerOptions,
  world: ProducerWorld = { now: Date.now, random: Math.random },
): Promise<Producer> {
  const { stream } = target
  const validate = compileValidator(stream)
  const spool = await spoolOf(target, options)
  const id = idOf(options, world, spool)
  const lanes = Array.from({ length: stream.partitions }, (_, partition) =>
    createLane(id, stream.schemaVersion, spool?.resumed(partition)),
  )
  const writer = createWriter({
    sender: createSender(() => openClient(target)),
    lanes,
    logs: lanes.map((_, partition) => partitionKeys(target.namespace, stream.name, partition).log),
    ...world,
    ...options,
    spool,
  })
  const accepted = Promise.resolve<Sent>({ ok: true })
  let refused = 0

  const minute = (): number => {
    const now = world.now()
    return now - (now % MINUTE)
  }

  /** For an event there is no room for. */
  const noRoom = (reason: string): Sent => {
    refused++
    return { ok: false, reason: `${reason}: the event was not taken`, refused: true }
  }
  const bury = async (lane: Lane, raw: unknown, reason: string, origin: string): Promise<Sent> => {
    const dead = rejected(raw, reason, origin)
    await writer.took(lane.reject(dead, minute()), dead.bytes)
    return { ok: false, reason }
  }

  return {
    get id() {
      return id()
    },
    get spool() {
      return spool && { waiting: writer.spooled, refused, cutBytes: spool.cut, damaged: spool.damaged }
    },
    send: (row, origin = '') => {
      if (writer.closed) return Promise.reject(closedError())
      const { refusal } = writer
      if (refusal !== null) return Promise.resolve(noRoom(refusal))
      const key = keyOf(stream, row)
      const lane = lanes[key === null ? 0 : partitionOf(key, stream.partitions)]!
      const verdict = validate(row)
      if (!verdict.ok) return bury(lane, row, verdict.reason, origin)
      const encoded = encodeRow(row)
      if (encoded.bytes > MAX_EVENT_BYTES)
        return bury(lane, row, `${encoded.bytes} bytes of JSON, at most ${MAX_EVENT_BYTES} allowed`, origin)
      const wait = writer.took(lane.add(encoded, minute()), encoded.bytes)
      return wait === null ? accepted : wait.then(() => accepted)
    },
    reject: async (raw, reason, origin = '') => {
      if (writer.closed) throw closedError()
      const { refusal } = writer
      if (refusal !== null) return noRoom(refusal)
      await bury(lanes[0]!, raw, reason, origin)
      return { ok: true }
    },
    flush: async (deadline = FLUSH_DEADLINE_MS) =>
      failWhereLate(await writer.flush(deadline), target, deadline),
    close: async (deadline = FLUSH_DEADLINE_MS) => {
      if (writer.closed) return
      failWhereLate(await writer.close(deadline), target, deadline)
    },
  }
}

async function spoolOf(
  { namespace, stream }: ProducerTarget,
  options: ProducerOptions,
): Promise<Spool | null> {
  const { spool: directory, spoolBytes: bytes, id } = options
  if (directory === undefined) return null
  if (id !== undefined) throw new TypeError('a producer with a given id has no spool: its caller sends again')
  const owner = { namespace, stream: stream.name, partitions: stream.partitions }
  return openSpool({ directory, ...(bytes !== undefined && { bytes }) }, owner)
}

/** The given id, else one that is renewed, beginning with the newest that the spool was written under. */
function idOf(
  { id, name }: ProducerOptions,
  { now, random }: ProducerWorld,
  spool: Spool | null,
): () => string {
  if (id !== undefined) return () => id
  const earlier = (spool?.numbering ?? []).map((lane) => lane.id).filter((known) => known !== '')
  const newest = earlier.toSorted((a, b) => startOf(a) - startOf(b)).at(-1) ?? null
  return renewedId(name, now, random, newest)
}

function openClient({ redisUrl, redis }: ProducerTarget): Redis {
  if (redisUrl !== undefined) return connect(redisUrl, 'commit', 'weir-producer')
  if (redis === undefined) throw new TypeError('openProducer needs redisUrl or redis')
  return commitCopy(redis)
}

function closedError(): WeirError {
  return new WeirError('the producer is closed.', {
    code: 'WEIR_PRODUCER_CLOSED',
    domain: 'user',
    retry: false,
  })
}

function failWhereLate(late: Late | null, { redisUrl, stream }: ProducerTarget, deadline: number): void {
  if (late === null) return
  const where = `stream ${stream.name}`
  const redis = redisUrl === undefined ? 'Redis' : `Redis at ${hostOf(redisUrl)}`
  throw redisAway(`${late.rows} events are not in ${redis} after ${deadline / 1000} s`, late.trouble, where)
}
