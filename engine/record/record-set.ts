/**
 * All records of one kind: redis-om entities in hashes, and their ids in a sorted set of our own, because
 * listing through redis-om needs a search module.
 */
import type { Redis } from 'ioredis'
import type { Entity, Repository, SchemaDefinition } from 'redis-om'
import { sharedKeys } from '../stream/keys.ts'
import { ioredisConnection } from './ioredis-connection.ts'

/** How one kind of record is kept. Lists travel as JSON text: redis-om joins them by `|` and splits them wrongly. */
export interface Kind<T> {
  name: string
  schema: SchemaDefinition
  id: (record: T) => string
  encode: (record: T) => Entity
  decode: (entity: Entity) => T
}

/** Saves in flight at once. */
const CHUNK = 200

export class RecordSet<T> {
  private readonly redis: Redis
  private readonly kind: Kind<T>
  private readonly repository: Promise<Repository>
  /** Sorted set of ids, in the order in which they are listed. */
  private readonly ids: string

  constructor(redis: Redis, namespace: string, kind: Kind<T>) {
    const prefix = `${sharedKeys(namespace).record}:${kind.name}`
    this.redis = redis
    this.kind = kind
    this.ids = `${prefix}s`
    this.repository = openRepository(redis, prefix, kind.schema)
  }

  /** Makes these the only records, listed in this order. The same again changes nothing. */
  async replace(records: readonly T[]): Promise<void> {
    const wanted = new Set(records.map(this.kind.id))
    const gone = (await this.redis.zrange(this.ids, '0', '-1')).filter((id) => !wanted.has(id))
    for (let at = 0; at < records.length; at += CHUNK)
      await Promise.all(records.slice(at, at + CHUNK).map((record, i) => this.put(record, at + i)))
    await this.remove(gone)
  }

  /** Adds or overwrites one; `order` is its place in the list. */
  async put(record: T, order: number): Promise<void> {
    const id = this.kind.id(record)
    await (await this.repository).save(id, this.kind.encode(record))
    await this.redis.zadd(this.ids, order, id)
  }

  /** Forgets all but the last `most` of the list. */
  async keepLast(most: number): Promise<void> {
    await this.remove(await this.redis.zrange(this.ids, '0', String(-most - 1)))
  }

  async get(id: string): Promise<T | null> {
    return (await this.fetch([id]))[0] ?? null
  }

  async all(): Promise<T[]> {
    return this.fetch(await this.redis.zrange(this.ids, '0', '-1'))
  }

  /** Id of the last of the list, or null. */
  async last(): Promise<string | null> {
    return (await this.redis.zrange(this.ids, '-1', '-1'))[0] ?? null
  }

  private async fetch(ids: string[]): Promise<T[]> {
    if (ids.length === 0) return []
    const entities = [await (await this.repository).fetch(...ids)].flat()
    // A missing entity reads as an empty one.
    return entities.filter((entity) => typeof entity['id'] === 'string').map(this.kind.decode)
  }

  private async remove(ids: string[]): Promise<void> {
    if (ids.length === 0) return
    await this.redis.zrem(this.ids, ...ids)
    await (await this.repository).remove(ids)
  }
}

/**
 * redis-om takes a while to load, and most programs that import the engine never open a record. While it loads nothing
 * else runs for a tenth of a second: a worker has it loaded before there is anything to count.
 */
export async function loadRecords(): Promise<typeof import('redis-om')> {
  return import('redis-om')
}

async function openRepository(redis: Redis, prefix: string, schema: SchemaDefinition): Promise<Repository> {
  const om = await loadRecords()
  return new om.Repository(new om.Schema(prefix, schema, { dataStructure: 'HASH' }), ioredisConnection(redis))
}
