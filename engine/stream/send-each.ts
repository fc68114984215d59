/** Several commands at once, wherever their keys are. */
import type { Redis } from 'ioredis'
import { clusterOf } from './connection.ts'

export type Command = readonly [name: string, ...args: (string | number)[]]
export type Answer = [error: Error | null, reply: unknown]

/**
 * Sends commands together; one answer each, in their order, never rejects for one of them. To one server in one
 * pipeline. In a cluster each by itself, so that each finds the node of its key and follows it on the way.
 */
export async function sendEach(redis: Redis, commands: readonly Command[]): Promise<Answer[]> {
  if (commands.length === 0) return []
  const cluster = clusterOf(redis)
  if (cluster === null) {
    const replies = await redis.pipeline(commands.map(([name, ...args]) => ['call', name, ...args])).exec()
    return replies ?? []
  }
  cluster.gather()
  return Promise.all(
    commands.map(([name, ...args]) =>
      redis.call(name, args).then(
        (reply): Answer => [null, reply],
        (error: Error): Answer => [error, null],
      ),
    ),
  )
}
