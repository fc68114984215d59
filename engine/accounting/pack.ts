/** A book as the snapshot holds it: arrays of numbers, since there may be thousands of accounts. */
import { type Account, COLUMNS, newAccount, packTotals, unpackTotals } from './account.ts'
import { Book, type Bookkeeper } from './book.ts'

export interface PackedBook {
  producer: string
  base: number
  top: number
  seenAt: number
  /** Minute, end, first (-1: none), and the columns below; then what was told. */
  accounts: number[][]
}

const KEPT = ['came', 'extra', 'gone', 'counted', 'duplicate', 'late', 'dead', 'forwarded'] as const

export function packBook({ producer, base, top, seenAt, accounts }: Book): PackedBook {
  return { producer, base, top, seenAt, accounts: accounts.map(packAccount) }
}

export function unpackBook(packed: PackedBook, keeper: Bookkeeper): Book {
  const book = new Book(packed.producer, packed.base, keeper)
  book.top = packed.top
  book.seenAt = packed.seenAt
  book.accounts.push(...packed.accounts.map(unpackAccount))
  return book
}

function packAccount(account: Account): number[] {
  const { minute, end, first } = account
  const kept = KEPT.map((name) => account[name])
  return [minute, end, Number.isFinite(first) ? first : -1, ...kept, ...packTotals(account.told)]
}

function unpackAccount(numbers: number[]): Account {
  const [minute, end, first, ...rest] = numbers as [number, number, number, ...number[]]
  const account = newAccount(minute, end)
  account.first = first < 0 ? Number.POSITIVE_INFINITY : first
  for (const [i, name] of KEPT.entries()) account[name] = rest[i]!
  account.told = unpackTotals(rest.slice(-COLUMNS.length))
  return account
}
