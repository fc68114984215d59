/** How old an answer from memory is: members that every such answer carries. */
import type { Reader } from '../../engine/index.ts'

export interface Freshness {
  now: number
  /** ms since the reader last saw Redis. */
  age: number
  engine: 'ok' | 'behind' | 'down'
  redis: 'ok' | 'away'
}

/** While Redis is away the last known values are still answered, and this says how old they are. */
export function freshness(reader: Reader, now: number): Freshness {
  const health = reader.health()
  return {
    now,
    age: Math.max(0, now - health.now),
    engine: health.engine,
    redis: health.redis.ok ? 'ok' : 'away',
  }
}
