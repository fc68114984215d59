/** The ledger over Redis: reads the bounded streams that commits write, and sends rows again as a producer does. */
import { readFileSync } from 'node:fs'
import type { Redis } from 'ioredis'
import type { CompiledStream } from '../config/compiled.ts'
import type { Small } from '../commit/folding.ts'
import { WeirError } from '../error.ts'
import { openProducer } from '../event/redis-producer.ts'
import { compileValidator, keyOf, type Validate } from '../event/validate.ts'
import { connect } from '../stream/connection.ts'
import { type PartitionKeys, partitionKeys, sharedKeys } from '../stream/keys.ts'
import { partitionOf } from '../stream/partition-hash.ts'
import { type Command, sendEach } from '../stream/send-each.ts'
import type { Ledger, LetterPage, LetterQuery, Replayed } from './ledger.ts'
import {
  type Letter,
  type LetterKind,
  letterId,
  type Place,
  placeOf,
  readLetter,
  replayId,
} from './letter.ts'
import { newestFirst } from './newest-first.ts'
import { originalOf } from './original.ts'
import { inTime, type Refusal, type Replayable, rowOfLetter } from './replayable.ts'
import { serverTime } from '../stream/server-time.ts'

const source = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8')
const REMOVE = source('remove.lua')
const TIP = source('tip.lua')
export const MAX_PAGE = 1000
/** Letters looked at for one page, matching or not. */
const MAX_LOOK = 5000

/** Connects when first used. */
export function openLedger(redisUrl: string, namespace: string): Ledger {
  const redis = connect(redisUrl, 'query', 'weir-ledger')
  const validators = new WeakMap<CompiledStream, Validate>()
  const keysOf = (stream: CompiledStream): PartitionKeys[] =>
    Array.from({ length: stream.partitions }, (_, partition) =>
      partitionKeys(namespace, stream.name, partition),
    )

  const find = async (
    stream: CompiledStream,
    id: string,
  ): Promise<{ letter: Letter; place: Place } | null> => {
    const place = placeOf(id)
    const keys = place === null ? undefined : keysOf(stream)[place.partition]
    if (place === null || keys === undefined) return null
    const [row] = await redis.xrange(keys[place.kind], place.key, place.key)
    return row === undefined ? null : { letter: readLetter(place, row[1][1] ?? ''), place }
  }

  const remove = async (stream: CompiledStream, { kind, partition, key }: Place, why: string) => {
    const keys = partitionKeys(namespace, stream.name, partition)
    return (await redis.eval(REMOVE, 2, keys[kind], keys.ledger, key, `${kind}.${why}`)) === 1
  }

  const validatorOf = (stream: CompiledStream): Validate => {
    const validate = validators.get(stream) ?? compileValidator(stream)
    validators.set(stream, validate)
    return validate
  }

  /** What is kept of a long row is only its start; then the log is asked for the rest. */
  const eventOf = async (stream: CompiledStream, letter: Letter): Promise<Replayable> => {
    const kept = rowOfLetter(letter, validatorOf(stream))
    if (kept.ok || kept.reason !== 'cut') return kept
    const raw = await originalOf(redis, keysOf(stream)[letter.partition]!.log, stream, letter)
    return raw === null ? kept : rowOfLetter({ ...letter, raw }, validatorOf(stream))
  }

  return {
    list: async (stream, query) => {
      const keys = keysOf(stream)
      const counts = await countsOf(redis, keys, query.kind)
      return { ...(await page(redis, keys, query)), ...counts }
    },
    show: async (stream, id) => (await find(stream, id))?.letter ?? null,
    replay: async (stream, id): Promise<Replayed> => {
      const found = await find(stream, id)
      if (found === null) return GONE
      const event = await eventOf(stream, found.letter)
      if (!event.ok) return event
      const target = keysOf(stream)[partitionOf(keyOf(stream, event.row) ?? '', stream.partitions)]!
      const { control, watermark } = await smallAt(redis, target)
      // Judged by an older definition the row would only become another letter.
      if (control !== (await newestControlId(redis, namespace))) return BEHIND
      const fit = inTime(event.row, stream, watermark, await serverTime(redis))
      if (!fit.ok) return fit
      const producer = replayId(found.letter)
      await sendOnce(redis, namespace, stream, producer, event.row)
      await remove(stream, found.place, 'replayed')
      return { ok: true, producer }
    },
    drop: async (stream, id) => {
      const place = placeOf(id)
      return place !== null && place.partition < stream.partitions && remove(stream, place, 'dropped')
    },
    close: async () => redis.disconnect(),
  }
}

const GONE: Refusal = {
  ok: false,
  reason: 'gone',
  says: 'there is no such letter.',
  todo: 'List them again: it was replayed, dropped, or pushed out by newer ones.',
}

const BEHIND: Refusal = {
  ok: false,
  reason: 'behind',
  says: 'the engine has not taken up the newest config in the partition this belongs to.',
  todo: 'Try again in a second; if it stays, see whether the engine runs (weir state).',
}

async function page(
  redis: Redis,
  keys: readonly PartitionKeys[],
  { kind, reason = '', cursor, limit }: LetterQuery,
): Promise<Pick<LetterPage, 'letters' | 'cursor'>> {
  const wanted = reason.toLowerCase()
  const letters: Letter[] = []
  const ledgers = keys.map((of) => of[kind])
  let last = ''
  let looked = 0
  for await (const { partition, key, json } of newestFirst(redis, ledgers, start(cursor, kind))) {
    // There is one more: the page is full, and not the last.
    if (letters.length >= Math.min(limit, MAX_PAGE) || looked >= MAX_LOOK) return { letters, cursor: last }
    const letter = readLetter({ kind, partition, key }, json)
    if (letter.reason.toLowerCase().includes(wanted)) letters.push(letter)
    last = letterId({ kind, partition, key })
    looked++
  }
  return { letters, cursor: null }
}

function start(cursor: string | undefined, kind: LetterKind): Place | null {
  if (cursor === undefined) return null
  const place = placeOf(cursor)
  if (place?.kind === kind) return place
  throw new WeirError('this is no cursor of such a list.', {
    code: 'WEIR_QUERY',
    domain: 'user',
    retry: false,
    where: 'cursor',
    todo: 'Give the cursor of the page before, or none to start at the newest.',
  })
}

async function countsOf(redis: Redis, keys: readonly PartitionKeys[], kind: LetterKind) {
  const commands = keys.flatMap((of): Command[] => [
    ['XLEN', of[kind]],
    ['HGET', of.meta, 'small'],
    ['HMGET', of.ledger, `${kind}.replayed`, `${kind}.dropped`],
  ])
  const replies = (await sendEach(redis, commands)).map(([error, reply]) => {
    if (error !== null) throw error
    return reply
  })
  const counts = { kept: 0, total: 0, replayed: 0, dropped: 0 }
  for (let i = 0; i < replies.length; i += 3) {
    const [replayed, dropped] = replies[i + 2] as (string | null)[]
    counts.kept += Number(replies[i])
    counts.total += smallOf(replies[i + 1])?.[kind] ?? 0
    counts.replayed += Number(replayed ?? 0)
    counts.dropped += Number(dropped ?? 0)
  }
  return counts
}

/** Before its first commit a partition follows the control state it was created under. */
async function smallAt(redis: Redis, keys: PartitionKeys): Promise<Pick<Small, 'control' | 'watermark'>> {
  const [small, control0] = await redis.hmget(keys.meta, 'small', 'control0')
  return smallOf(small) ?? { control: control0 ?? '', watermark: null }
}

/** Without the config itself, which may be large. */
async function newestControlId(redis: Redis, namespace: string): Promise<string> {
  return String(await redis.eval(TIP, 1, sharedKeys(namespace).control))
}

function smallOf(json: unknown): Small | null {
  return typeof json === 'string' ? (JSON.parse(json) as Small) : null
}

async function sendOnce(
  redis: Redis,
  namespace: string,
  stream: CompiledStream,
  id: string,
  row: Record<string, unknown>,
): Promise<void> {
  const producer = await openProducer({ redis, namespace, stream }, { name: 'replay', id })
  try {
    await producer.send(row, 'replay')
    await producer.flush()
  } finally {
    await producer.close(0).catch(() => undefined)
  }
}
