/** Reads a partition's log from one position to another, decoded, in pieces of bounded size. */
import type { Redis } from 'ioredis'
import { decode } from '../event/decode.ts'
import type { Entry } from '../event/entry.ts'

const ENTRIES_AT_ONCE = 200

/** Entries with from < id <= to, oldest first. */
export async function* readLog(
  redis: Redis,
  log: string,
  from: string,
  to: string,
  atOnce = ENTRIES_AT_ONCE,
): AsyncGenerator<Entry[]> {
  let after = from
  while (after !== to) {
    const raw = await redis.xrange(log, `(${after}`, to, 'COUNT', atOnce)
    if (raw.length === 0) return
    yield raw.map(([id, fields]) => decode(id, fields))
    after = raw.at(-1)![0]
  }
}
