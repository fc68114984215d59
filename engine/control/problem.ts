/** The newest refused change of the config, kept in Redis so that the board of any process can say so. */
import type { Redis } from 'ioredis'
import { sharedKeys } from '../stream/keys.ts'
import { serverTime } from '../stream/server-time.ts'

export interface Problem {
  text: string
  /** Server time, ms. */
  at: number
}

const MAX_TEXT = 4000

/** Records what is wrong, or with null that all is well again. */
export async function reportProblem(redis: Redis, namespace: string, text: string | null): Promise<void> {
  const { problem } = sharedKeys(namespace)
  if (text === null) await redis.del(problem)
  else {
    const at = await serverTime(redis)
    await redis.hset(problem, { text: text.slice(0, MAX_TEXT), at: String(at) })
  }
}

export async function readProblem(redis: Redis, namespace: string): Promise<Problem | null> {
  const { text, at } = await redis.hgetall(sharedKeys(namespace).problem)
  return text === undefined ? null : { text, at: Number(at) }
}
