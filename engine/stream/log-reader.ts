/** Reads on from several streams at once: one blocking read on one server, a read per stream and round in a cluster. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { ByteConnection } from './byte-connection.ts'
import { clusterOf, SILENCE_MS } from './connection.ts'
import { logEntries, type LogEntries, logsIn, type RawEntry } from './log-entries.ts'

export type Read = [key: string, entries: LogEntries][]

export interface Wanted {
  key: string
  /** Entries after this id. */
  after: string
}

export interface LogReader {
  /**
   * What was appended, or null where nothing came within `block` ms. At most `count` entries a stream. Rejects where
   * no stream can be read; where only some can, the others go on.
   */
  read(wanted: readonly Wanted[], count: number, block: number): Promise<Read | null>
}

/** `redis`: a connection of the reader's own, of role `block`. */
export function createLogReader(redis: Redis): LogReader {
  return clusterOf(redis) === null ? { read: readTogether(redis) } : { read: readEach(redis) }
}

function readTogether(redis: Redis): LogReader['read'] {
  const connection = new ByteConnection(redis, SILENCE_MS)
  return async (wanted, count, block) => {
    const places = [...wanted.map(({ key }) => key), ...wanted.map(({ after }) => after)]
    const words = ['XREAD', 'COUNT', String(count), 'BLOCK', String(block), 'STREAMS', ...places]
    return logsIn(await connection.ask(words, block))
  }
}

/** Pauses between rounds, ms: short while something comes, so that what comes together is read together. */
const BUSY = 5
const IDLE = 50
/** For so long a round waits for its slowest node, ms; its answer is taken by a later round. */
const PATIENCE = 100

interface Asked {
  after: string
  answer: RawEntry[] | Error | null
  answered: Promise<void>
}

/** A blocking read would hold up all that the same node is asked, and no command reads from streams of two slots. */
function readEach(redis: Redis): LogReader['read'] {
  const asked = new Map<string, Asked>()
  let pause = BUSY

  const ask = ({ key, after }: Wanted, count: number): Asked => {
    const one: Asked = { after, answer: null, answered: Promise.resolve() }
    one.answered = redis.xread('COUNT', count, 'STREAMS', key, after).then(
      (reply) => void (one.answer = reply?.[0]?.[1] ?? []),
      (error: Error) => void (one.answer = error),
    )
    asked.set(key, one)
    return one
  }

  /** An answer to another question, from before the stream changed hands, is none. */
  const take = ({ key, after }: Wanted): RawEntry[] | Error | null => {
    const one = asked.get(key)
    if (one === undefined || one.answer === null) return null
    asked.delete(key)
    return one.after === after ? one.answer : null
  }

  const round = async (wanted: readonly Wanted[], count: number): Promise<Read> => {
    clusterOf(redis)?.gather()
    const open = wanted.map((one) => (asked.get(one.key) ?? ask(one, count)).answered)
    const stop = new AbortController()
    const late = sleep(PATIENCE, undefined, { signal: stop.signal }).catch(() => undefined)
    await Promise.race([Promise.all(open), late])
    stop.abort()
    const answers = wanted.map((one) => [one.key, take(one)] as const)
    const failed = answers.flatMap(([, answer]) => (answer instanceof Error ? [answer] : []))
    if (failed.length === wanted.length) throw failed[0]!
    return answers.flatMap(([key, answer]) =>
      Array.isArray(answer) && answer.length > 0 ? [[key, logEntries(answer)]] : [],
    )
  }

  return async (wanted, count, block) => {
    for (let left = block; left > 0; left -= pause) {
      await sleep(Math.min(pause, left))
      const read = await round(wanted, count)
      pause = read.length > 0 ? BUSY : Math.min(IDLE, pause * 2)
      if (read.length > 0) return read
    }
    return null
  }
}
