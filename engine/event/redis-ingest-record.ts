/** The records of sent files in Redis: read, decide, and store the decision before anything is sent. */
import { readFileSync } from 'node:fs'
import type { Redis } from 'ioredis'
import type { Identity, IngestRecord } from './ingest-identity.ts'

/** Runs remembered; the oldest beyond that is forgotten, and would be a new file once it has grown. */
const MAX_RECORDS = 10_000

const CLAIM = readFileSync(new URL('./claim-record.lua', import.meta.url), 'utf8')

/** Lengths of all content sent to a stream so far: what a file must be compared at. */
export async function knownLengths(redis: Redis, key: string, stream: string): Promise<number[]> {
  const records = [...(await read(redis, key)).records.values()]
  return records
    .filter((record) => record.stream === stream)
    .flatMap(({ marks }) => marks.map(({ bytes }) => bytes))
}

/**
 * Decides on the newest records and stores what is new. Where another process stored first, decides again,
 * so two that send the same file at the same time send it under one id.
 */
export async function settle(
  redis: Redis,
  key: string,
  decide: (known: ReadonlyMap<string, IngestRecord>) => Identity,
): Promise<Identity> {
  for (;;) {
    const { records, texts } = await read(redis, key)
    const identity = decide(records)
    const text = JSON.stringify(identity.record)
    const seen = texts.get(identity.field) ?? ''
    if (text === seen) return identity
    if (records.size >= MAX_RECORDS && seen === '') await redis.hdel(key, oldest(records))
    if ((await redis.eval(CLAIM, 1, key, identity.field, seen, text)) === 1) return identity
  }
}

async function read(
  redis: Redis,
  key: string,
): Promise<{ records: Map<string, IngestRecord>; texts: Map<string, string> }> {
  const texts = new Map(Object.entries(await redis.hgetall(key)))
  const records = new Map([...texts].map(([field, text]) => [field, JSON.parse(text) as IngestRecord]))
  return { records, texts }
}

function oldest(records: ReadonlyMap<string, IngestRecord>): string {
  return [...records].reduce((a, b) => (a[1].at <= b[1].at ? a : b))[0]
}
