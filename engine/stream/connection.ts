/** The one place where Redis clients are built: never a silent resend, RESP2 shapes everywhere. */
import { Redis, type RedisOptions } from 'ioredis'
import { hostOf, redisAway } from '../event/redis-away.ts'

/**
 * `commit`: commands that change state; a lost connection rejects at once, the caller decides.
 * `block`: one blocking read at a time, never resent either.
 * `query`: reads for people; may wait for a reconnect.
 */
export type ConnectionRole = 'commit' | 'block' | 'query'

/**
 * A server that owes an answer for so long is taken for gone, and its connection closed: a half-open one would keep
 * its caller waiting for ever. Longer than any blocking read here, and shorter than people wait, ms.
 */
export const SILENCE_MS = 5000

export function connect(url: string, role: ConnectionRole, name = `weir-${role}`): Redis {
  const options: RedisOptions = {
    protocol: 2,
    connectionName: name,
    lazyConnect: true,
    // A resent XADD is a doubled event: reject instead, and let the caller resend under its own numbers.
    maxRetriesPerRequest: role === 'query' ? 2 : 0,
    enableOfflineQueue: role === 'query',
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 6), 2000),
    connectTimeout: 5000,
    socketTimeout: SILENCE_MS,
  }
  const redis = new Redis(url, options)
  // Without a listener a refused connection is an uncaught error; callers see their own command fail.
  redis.on('error', () => undefined)
  return redis
}

/** Connects a client that `connect` has built. Rejects with WEIR_REDIS_AWAY; the password is not in the message. */
export async function reach(redis: Redis, url: string): Promise<void> {
  try {
    await redis.connect()
  } catch (cause) {
    const todo = 'Start Redis there, or set REDIS_URL.'
    throw redisAway(`Redis does not answer at ${hostOf(url)}`, cause, 'REDIS_URL', todo)
  }
}
