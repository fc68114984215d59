/**
 * The accounts of one producer, by minute. Its numbers rise with its minutes, so every minute is a range of numbers; how
 * many of them are here then says what is missing and what is in flight, without remembering a single number.
 *
 * Where a minute ends is known from the entries that are here, and exactly from the beats. Between an entry of one
 * minute and one of a later minute, missing numbers count for the later one until a beat or a resend says otherwise.
 */
import { type Account, newAccount, type Totals, totalsOf } from './account.ts'

/** Newest minutes kept per producer. */
export const MAX_MINUTES = 120

/** Rows of one entry that belong to one account. */
export interface Share {
  account: Account
  n: number
}

/** Who keeps the books hears of every account. */
export interface Bookkeeper {
  opened(): void
  changed(book: Book, account: Account): void
  /** The oldest account of a book that is full. It must still be there to be read. */
  closing(book: Book, account: Account): void
}

export class Book {
  readonly producer: string
  /** Rising by minute. */
  readonly accounts: Account[] = []
  /** Numbers below are not accounted here. */
  base: number
  /** The number after the highest one that is here. */
  top: number
  /** Log time of its newest entry. */
  seenAt = 0
  private readonly keeper: Bookkeeper

  constructor(producer: string, base: number, keeper: Bookkeeper) {
    this.producer = producer
    this.base = base
    this.top = base
    this.keeper = keeper
  }

  totals(account: Account): Totals {
    return totalsOf(account, this.startOf(this.accounts.lastIndexOf(account)), this.top)
  }

  /** The account of a minute, opened where there is none; of a minute that is too old, the oldest. */
  at(minute: number): Account {
    const i = this.newestUpTo(minute)
    if (this.accounts[i]?.minute === minute) return this.accounts[i]
    if (i < 0 && this.accounts.length >= MAX_MINUTES) return this.accounts[0]!
    return this.open(i + 1, minute)
  }

  /** Rows without a number that is known here. */
  take(minute: number, n: number): Share[] {
    return [{ account: this.took(minute, n), n }]
  }

  /** As `take`, all of them in one account. */
  took(minute: number, n: number): Account {
    const account = this.at(minute)
    account.extra += n
    this.keeper.changed(this, account)
    return account
  }

  /** `n` rows numbered from `seq` arrive, those of `fresh` (null: all) for the first time. */
  arrive(minute: number, seq: number, n: number, fresh: readonly boolean[] | null): Share[] {
    const own = this.claim(minute, seq, seq + n)
    const shares = own !== null && fresh === null ? [this.hold(own, seq, n)] : []
    // Only where numbers come again: rows of one account that stand together are one share.
    for (let i = 0; i < n && (own === null || fresh !== null); i++) {
      if (fresh !== null && !fresh[i]) continue
      const account = own ?? this.holder(seq + i, minute)
      this.hold(account, seq + i, 1)
      const last = shares.at(-1)
      if (last?.account === account) last.n++
      else shares.push({ account, n: 1 })
    }
    this.raise(seq + n)
    return shares
  }

  /** A beat: by the end of `minute`, the numbers below `upTo` were given. */
  expect(minute: number, upTo: number): void {
    const newest = this.accounts.at(-1)
    if (upTo <= this.base || (newest !== undefined && minute > newest.minute && upTo <= newest.end)) return
    const account = this.at(minute)
    if (account.minute === minute) this.extend(account, upTo)
  }

  private hold(account: Account, number: number, n: number): Share {
    if (number < this.base) account.extra += n
    else {
      account.came += n
      account.first = Math.min(account.first, number)
    }
    this.keeper.changed(this, account)
    return { account, n }
  }

  /**
   * The account of a minute, if it can hold the numbers from `from` up to, not including, `to`: else the entry says
   * another minute than those around it, as when a file is sent again, cut in another way.
   */
  private claim(minute: number, from: number, to: number): Account | null {
    if (from < this.base) return null
    const i = this.newestUpTo(minute)
    const found = this.accounts[i]
    const exact = found !== undefined && found.minute === minute
    const start = exact ? this.startOf(i) : (found?.end ?? this.base)
    if (from < start || to > Math.max(exact ? found.end : start, this.roomBefore(i + 1))) return null
    if (!exact && i < 0 && this.accounts.length >= MAX_MINUTES) return null
    const account = exact ? found : this.open(i + 1, minute)
    this.extend(account, to)
    return account
  }

  /** The account in whose range a number is. */
  private holder(number: number, minute: number): Account {
    if (number < this.base) return this.at(minute)
    const known = this.accounts.find(({ end }) => number < end)
    if (known !== undefined) return known
    const newest = this.accounts.at(-1)
    const account = newest === undefined || newest.minute < minute ? this.at(minute) : newest
    this.extend(account, number + 1)
    return account
  }

  /** How far an account in front of the i-th may reach: what is here, or was told exactly, is not taken away. */
  private roomBefore(i: number): number {
    const next = this.accounts[i]
    if (next === undefined) return Number.POSITIVE_INFINITY
    return next.came > 0 ? next.first : next.end
  }

  private extend(account: Account, to: number): void {
    const i = this.accounts.lastIndexOf(account)
    const end = Math.min(to, this.roomBefore(i + 1))
    if (end <= account.end) return
    account.end = end
    this.keeper.changed(this, account)
    const next = this.accounts[i + 1]
    if (next !== undefined) this.keeper.changed(this, next)
  }

  /** Numbers below `top` are no longer in flight. */
  private raise(top: number): void {
    if (top <= this.top) return
    for (let i = this.accounts.length - 1; i >= 0 && this.accounts[i]!.end > this.top; i--)
      if (this.startOf(i) < top) this.keeper.changed(this, this.accounts[i]!)
    this.top = top
  }

  private open(i: number, minute: number): Account {
    if (this.accounts.length >= MAX_MINUTES) {
      const oldest = this.accounts[0]!
      this.keeper.closing(this, oldest)
      this.base = oldest.end
      this.top = Math.max(this.top, this.base)
      this.accounts.shift()
      i--
    }
    const account = newAccount(minute, this.accounts[i - 1]?.end ?? this.base)
    this.accounts.splice(i, 0, account)
    this.keeper.opened()
    return account
  }

  private startOf(i: number): number {
    return i > 0 ? this.accounts[i - 1]!.end : this.base
  }

  /** Index of the newest account that is not of a later minute; -1 where all are. */
  private newestUpTo(minute: number): number {
    let i = this.accounts.length - 1
    while (i >= 0 && this.accounts[i]!.minute > minute) i--
    return i
  }
}
