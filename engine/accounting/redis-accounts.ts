/** Reads the accounts of a stream from all its partitions, for people: what stands there was written with a commit. */
import type { Redis } from 'ioredis'
import { WeirError } from '../error.ts'
import { partitionKeys } from '../stream/keys.ts'
import { addTotals, noTotals, type Totals, unpackTotals } from './account.ts'

/** Minutes of producers in one answer; the totals are over all that match. */
export const MAX_ROWS = 1000
/** Minutes of producers that one question may come to: they are summed in memory. */
const MAX_MATCHES = 50_000
const PAGE = 1000

export interface AccountsQuery {
  stream: string
  /** An id, or the name it begins with. */
  producer?: string
  /** Start of the first and of the last minute, ms. */
  from: number
  to: number
}

export interface AccountsRow extends Totals {
  producer: string
  /** Start of the minute, ms. */
  minute: number
}

export interface AccountsAnswer {
  totals: Totals
  /** Newest first; at most MAX_ROWS. */
  rows: AccountsRow[]
  /** Rows that are in the totals only. */
  omitted: number
}

/** Throws WEIR_QUERY where more than 50,000 minutes of producers match. */
export async function readAccounts(
  redis: Redis,
  namespace: string,
  partitions: number,
  query: AccountsQuery,
): Promise<AccountsAnswer> {
  const sums = new Map<string, AccountsRow>()
  for (let partition = 0; partition < partitions; partition++) {
    const { accounts } = partitionKeys(namespace, query.stream, partition)
    for (const [field, json] of await fieldsOf(redis, accounts, query)) {
      const { minute, producer } = placeOf(field)
      const row = sums.get(field) ?? { producer, minute, ...noTotals() }
      sums.set(field, row)
      addTotals(row, unpackTotals(JSON.parse(json) as number[]))
      if (sums.size > MAX_MATCHES) throw tooMany()
    }
  }
  const rows = [...sums.values()].sort((a, b) => b.minute - a.minute || (a.producer < b.producer ? -1 : 1))
  const totals = noTotals()
  for (const row of rows) addTotals(totals, row)
  return { totals, rows: rows.slice(0, MAX_ROWS), omitted: Math.max(0, rows.length - MAX_ROWS) }
}

/** Page by page, since there may be thousands; a page may repeat a field. */
async function fieldsOf(redis: Redis, key: string, query: AccountsQuery): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  let cursor = '0'
  do {
    const [next, page] = await redis.hscan(key, cursor, 'COUNT', PAGE)
    for (let i = 0; i + 1 < page.length; i += 2)
      if (matches(page[i]!, query)) found.set(page[i]!, page[i + 1]!)
    cursor = next
  } while (cursor !== '0')
  return found
}

function matches(field: string, { from, to, producer: wanted }: AccountsQuery): boolean {
  const { minute, producer } = placeOf(field)
  if (minute < from || minute > to) return false
  return wanted === undefined || producer === wanted || producer.startsWith(`${wanted}~`)
}

/** Of `<minute> <producer>`. */
function placeOf(field: string): { minute: number; producer: string } {
  const space = field.indexOf(' ')
  return { minute: Number(field.slice(0, space)), producer: field.slice(space + 1) }
}

function tooMany(): WeirError {
  return new WeirError(`over ${MAX_MATCHES} minutes of producers match.`, {
    code: 'WEIR_QUERY',
    domain: 'user',
    retry: false,
    where: 'accounting',
    todo: 'Ask for one producer, or for less time.',
  })
}
