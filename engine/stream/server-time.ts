/** The clock that all processes share: that of the Redis server. */
import type { Redis } from 'ioredis'

/** ms since 1970. */
export async function serverTime(redis: Redis): Promise<number> {
  const [seconds, micros] = await redis.time()
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000)
}
