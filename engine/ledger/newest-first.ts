/** The ledgers of all partitions of a stream as one, newest first, read in small pieces as they are asked for. */
import type { Redis } from 'ioredis'
import { compareIds } from '../stream/entry-id.ts'
import { sendEach } from '../stream/send-each.ts'

/** Rows read per partition at a time: with 4 KB each and a hundred partitions still a few MB. */
const AT_ONCE = 16

export interface LedgerRow {
  partition: number
  /** Id in the ledger of that partition. */
  key: string
  json: string
}

interface Source {
  partition: number
  ready: LedgerRow[]
  /** Where to read on, as XREVRANGE takes it; null at the end. */
  from: string | null
}

/**
 * Rows of the streams `ledgers` (index = partition) after `cursor`, newest first; of the same moment, the lower
 * partition first. The order is total, so that a row is enough of a cursor, whatever comes in meanwhile.
 */
export async function* newestFirst(
  redis: Redis,
  ledgers: readonly string[],
  cursor: { partition: number; key: string } | null,
): AsyncGenerator<LedgerRow, void, undefined> {
  const sources = ledgers.map((_, partition): Source => {
    if (cursor === null) return { partition, ready: [], from: '+' }
    return { partition, ready: [], from: partition > cursor.partition ? cursor.key : `(${cursor.key}` }
  })
  for (;;) {
    await refill(redis, ledgers, sources)
    const next = sources
      .filter(({ ready }) => ready.length > 0)
      .reduce<Source | null>((best, source) => (best === null || newer(source, best) ? source : best), null)
    if (next === null) return
    yield next.ready.shift()!
  }
}

async function refill(redis: Redis, ledgers: readonly string[], sources: readonly Source[]): Promise<void> {
  const empty = sources.filter(({ ready, from }) => ready.length === 0 && from !== null)
  if (empty.length === 0) return
  const replies = await sendEach(
    redis,
    empty.map(({ partition, from }) => ['XREVRANGE', ledgers[partition]!, from!, '-', 'COUNT', AT_ONCE]),
  )
  for (const [i, source] of empty.entries()) {
    const [error, rows] = replies[i] as [Error | null, [string, string[]][] | undefined]
    if (error !== null) throw error
    source.ready = (rows ?? []).map(([key, fields]) => ({
      partition: source.partition,
      key,
      json: fields[1] ?? '',
    }))
    source.from = source.ready.length < AT_ONCE ? null : `(${source.ready.at(-1)!.key}`
  }
}

function newer(a: Source, b: Source): boolean {
  const order = compareIds(a.ready[0]!.key, b.ready[0]!.key)
  return order > 0 || (order === 0 && a.partition < b.partition)
}
