/**
 * Writes commands to Redis and says for each whether it is known to be done. A lost connection or a reply that
 * is overdue leaves the outcome unknown: the client is thrown away, and the caller sends the same again.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { clusterOf } from '../stream/connection.ts'
import { type Command, sendEach } from '../stream/send-each.ts'

/** A reply that takes longer is taken for lost: a half-open connection would hang for ever. */
const CALL_DEADLINE_MS = 2000
const MOVED = 'the partition has moved to another server'

export interface Sender {
  /** How often the server changed, or may have: the next one may know less than the one before. */
  readonly losses: number
  /** The second word of each is its key. Per command its reply, or what went wrong; never rejects. */
  write(commands: Command[]): Promise<unknown[]>
  close(): void
}

/** `open` builds a new client that neither queues while offline nor resends (see `connect`, role `commit`). */
export function createSender(open: () => Redis, deadline = CALL_DEADLINE_MS): Sender {
  let client: Redis | null = null
  let places = new Map<string, string>()

  let losses = 0
  const drop = (): void => {
    if (client !== null) losses++
    client?.disconnect()
    client = null
    places = new Map()
  }

  const fresh = (): Redis => {
    const made = open()
    // It reconnects by itself.
    for (const lost of ['close', '-node']) made.on(lost, () => void (made === client && losses++))
    return made
  }

  /**
   * Whether a key of a cluster is with another master than when it was last written to. That one may know less, while
   * every connection stands; and the client has followed it by itself.
   */
  const moved = (mine: Redis, key: string): boolean => {
    const owner = clusterOf(mine)?.ownerOf(key) ?? ''
    const known = places.get(key)
    places.set(key, owner)
    return known !== undefined && known !== owner
  }

  const attempt = async (commands: Command[]): Promise<unknown[]> => {
    const mine = client ?? (client = fresh())
    if (mine.status === 'wait') await connected(mine)
    const keys = commands.map(([, key]) => String(key))
    if (keys.some((key) => moved(mine, key))) throw new Error(MOVED)
    const replies = await sendEach(mine, commands)
    return keys.map((key, i) =>
      moved(mine, key) ? new Error(MOVED) : (replies[i]?.[0] ?? replies[i]?.[1] ?? null),
    )
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
