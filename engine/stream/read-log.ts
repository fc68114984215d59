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
  const ask = (after: string): Promise<[id: string, fields: string[]][]> => {
    const page = redis.xrange(log, `(${after}`, to, 'COUNT', atOnce)
    // Whoever asks for the next piece hears of its failure; until then nobody may.
    page.catch(() => undefined)
    return page
  }
  if (from === to) return
  let next = ask(from)
  for (;;) {
    const raw = await next
    if (raw.length === 0) return
    const last = raw.at(-1)![0]
    // Redis looks up what comes next while this is used.
    if (last !== to) next = ask(last)
    yield raw.map(([id, fields]) => decode(id, fields))
    if (last === to) return
  }
}
