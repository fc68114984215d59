/**
 * Writes commands to Redis and says for each whether it is known to be done. A lost connection or a reply that
 * is overdue leaves the outcome unknown: the client is thrown away, and the caller sends the same again.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'

/** A reply that takes longer is taken for lost: a half-open connection would hang for ever. */
const CALL_DEADLINE_MS = 2000

export interface Sender {
  /** How many connections were lost: the next one may lead to a server that knows less. */
  readonly losses: number
  /** One pipeline. Per command its reply, or what went wrong; never rejects. */
  write(commands: string[][]): Promise<unknown[]>
  close(): void
}

/** `open` builds a new client that neither queues while offline nor resends (see `connect`, role `commit`). */
export function createSender(open: () => Redis, deadline = CALL_DEADLINE_MS): Sender {
  let client: Redis | null = null

  let losses = 0
  const drop = (): void => {
    if (client !== null) losses++
    client?.disconnect()
    client = null
  }

  const fresh = (): Redis => {
    const made = open()
    // It reconnects by itself.
    made.on('close', () => void (made === client && losses++))
    return made
  }

  const attempt = async (commands: string[][]): Promise<unknown[]> => {
    const mine = client ?? (client = fresh())
    if (mine.status === 'wait') await connected(mine)
    const replies = await mine.pipeline(commands).exec()
    return commands.map((_, i) => replies?.[i]?.[0] ?? replies?.[i]?.[1] ?? null)
  }

  return {
    get losses() {
      return losses
    },
    write: async (commands) => {
      const timer = new AbortController()
      const overdue = sleep(deadline, undefined, { signal: timer.signal }).then(() => {
        throw new Error(`no answer within ${deadline} ms`)
      })
      // Loses the race when all is well, and is then cancelled: both are fine.
      overdue.catch(() => undefined)
      try {
        const outcome = await Promise.race([attempt(commands), overdue])
        if (outcome.some((reply) => reply instanceof Error && !isReply(reply))) drop()
        return outcome
      } catch (error) {
        drop()
        return commands.map(() => error as Error)
      } finally {
        timer.abort()
      }
    },
    close: drop,
  }
}

/**
 * Whether the server answered, if with an error: then the connection is sound. Not so for the errors of a
 * server that is no longer, or not yet, the one to write to.
 */
export function isReply(error: Error): boolean {
  return error.name === 'ReplyError' && !/^(READONLY|UNBLOCKED|CLUSTERDOWN|MASTERDOWN)/.test(error.message)
}

/** Connects; a failure says what the network said (`ECONNREFUSED …`), not just that the connection is closed. */
async function connected(client: Redis): Promise<void> {
  let said: Error | null = null
  client.once('error', (error) => (said = error))
  await client.connect().catch((error: unknown) => {
    throw said ?? error
  })
}
