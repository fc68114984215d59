/** What redis-om needs of a node-redis client, given by ioredis: one Redis client library per process. */
import type { Redis } from 'ioredis'
import type { RedisConnection } from 'redis-om'

/** Enough for entities in hashes; search and JSON entities need Redis modules, which Weir does not ask for. */
export function ioredisConnection(redis: Redis): RedisConnection {
  const connection = {
    get: (key: string) => redis.get(key),
    set: (key: string, value: string) => redis.set(key, value),
    unlink: (keys: string | string[]) => redis.unlink(...[keys].flat()),
    expire: (key: string, seconds: number) => redis.expire(key, seconds),
    expireAt: (key: string, at: Date) => redis.expireat(key, Math.floor(at.getTime() / 1000)),
    hGetAll: (key: string) => redis.hgetall(key),
    multi: () => {
      const pipeline = redis.multi()
      const chain = {
        unlink: (key: string) => (pipeline.unlink(key), chain),
        hSet: (key: string, fields: Record<string, string>) => (pipeline.hset(key, fields), chain),
        exec: async () => {
          const replies = (await pipeline.exec()) ?? []
          for (const [error] of replies) if (error) throw error
          return replies.map(([, reply]) => reply)
        },
      }
      return chain
    },
  }
  return connection as unknown as RedisConnection
}
