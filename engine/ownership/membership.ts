/** Who works in a namespace: heartbeats on server time, in the slot that belongs to no partition. */
import { readFileSync } from 'node:fs'
import type { Redis } from 'ioredis'
import { sharedKeys } from '../stream/keys.ts'

const HEARTBEAT = readFileSync(new URL('heartbeat.lua', import.meta.url), 'utf8')
/** A worker silent for this long is gone, ms. */
export const SILENT_AFTER = 5000

/** Beats once; resolves with all live workers, in order. With `leave` this one is none of them any more. */
export async function heartbeat(
  redis: Redis,
  namespace: string,
  worker: string,
  leave = false,
): Promise<string[]> {
  const { workers } = sharedKeys(namespace)
  return (await redis.eval(HEARTBEAT, 1, workers, worker, SILENT_AFTER, leave ? '1' : '')) as string[]
}
