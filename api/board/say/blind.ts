/** Whether Weir can see at all: what it says about the world is only as new as its own engine. */
import type { Health } from '../../../engine/index.ts'

/** A health report older than this (ms) says nothing about now. */
export const HEALTH_STALE = 15_000

/** Why nothing on the board can be vouched for, as a sentence; null: we see. */
export function blindness(health: Health, now: number): string | null {
  if (!health.redis.ok) return 'Redis does not answer.'
  if (now - health.now > HEALTH_STALE) return 'Weir cannot see itself.'
  if (health.engine === 'down') return 'The engine is not running.'
  if (health.engine === 'behind') return 'The engine is behind.'
  return null
}
