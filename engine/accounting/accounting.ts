/**
 * What became of every row, per producer and minute: the part of the partition fold that keeps the books (read first).
 * It is fed with what the fold has done anyway, so that an event costs nothing and an entry little. Watchers (the
 * built-in stream `accounting`) are told of a minute two minutes after its end, and of every later change as a change.
 */
import type { Chain } from '../commit/chain.ts'
import type { Outputs, SnapshotBlocks } from '../commit/folding.ts'
import type { Entry } from '../event/entry.ts'
import type { Acceptance, Producers } from '../event/sequence.ts'
import { type Account, addTotals, isZero, packTotals } from './account.ts'
import { Book, type Bookkeeper, type Share } from './book.ts'
import { ACCOUNTING, nameOf } from './event.ts'
import { packBook, type PackedBook, unpackBook } from './pack.ts'

/** Producers that are accounted apart, the newest; the others are summed as `__other__`. */
export const MAX_BOOKS = 1000
/** Accounts in all books of a partition. */
export const MAX_ACCOUNTS = 10_000
/** A producer silent for so long (log time, ms) is accounted no more. */
const KEEP = 24 * 3_600_000
const MINUTE = 60_000
/** After its end a minute is given this long (log time, ms) until it is told. */
export const SETTLES = 2 * MINUTE
/** What watchers are told comes at these steps of log time, ms. */
const STEP = 10_000

/** Block of the snapshot. */
const BLOCK = 'accounts'
interface Saved {
  next: number
  books: PackedBook[]
}

/** The rows that carry no producer: events written as flat fields, and what could not be read. */
export const FLAT = 'flat'
export const OTHER = '__other__'

const FATES = ['counted', 'duplicate', 'late', 'dead', 'forwarded'] as const
type Counts = Record<(typeof FATES)[number], number>

const NONE: readonly Share[] = []

/** Rows whose fate is known. */
export function rowsIn(counts: Counts): number {
  return counts.counted + counts.duplicate + counts.late + counts.dead + counts.forwarded
}

interface Sink {
  readonly streamName: string
  readonly partition: number
  readonly out: Outputs
  readonly chain: Chain
}

export class Accounting implements Bookkeeper {
  /** Whether a metric watches: only then anything is told, and time must pass for it. */
  private watched = false
  /** Longest silent first. */
  private readonly books = new Map<string, Book>()
  private readonly limits: { books: number; accounts: number }
  private readonly sink: Sink
  private size = 0
  /** Changed since it was told, and since it was put out. */
  private readonly untold = new Map<Account, Book>()
  private readonly unwritten = new Map<Account, Book>()
  private readonly gone = new Set<string>()
  /** Log time from which on the next step is due, ms. */
  private next = 0
  /** What the entry at hand brought, until its fate is known. */
  private shares: readonly Share[] = NONE
  private seen: Counts = { counted: 0, duplicate: 0, late: 0, dead: 0, forwarded: 0 }
  private unsaved = true

  constructor(sink: Sink, limits = { books: MAX_BOOKS, accounts: MAX_ACCOUNTS }) {
    this.sink = sink
    this.limits = limits
  }

  /** The streams that a config declares: is somebody told, and who? The stream that tells it is not told of itself. */
  watch(streams: readonly { name: string }[]): void {
    this.watched = this.sink.streamName !== ACCOUNTING && streams.some(({ name }) => name === ACCOUNTING)
  }

  /** Log time has come to `ms`: tells what is due. Before anything else of an entry. */
  advance(ms: number): void {
    if (ms < this.next) return
    const now = ms - (ms % STEP)
    this.next = now + STEP
    const due = [...this.untold].filter(([{ minute }]) => minute + MINUTE + SETTLES <= now)
    due.sort(([a, x], [b, y]) => a.minute - b.minute || (x.producer < y.producer ? -1 : 1))
    for (const [account, book] of due) this.tell(book, account)
    for (const book of this.books.values()) {
      if (book.seenAt > now - KEEP) break
      this.remove(book)
    }
  }

  /** Log time (ms) at which somebody waits to be told; null where nobody does. */
  dueAt(): number | null {
    if (!this.watched || this.untold.size === 0) return null
    let due = Number.POSITIVE_INFINITY
    for (const { minute } of this.untold.keys()) due = Math.min(due, minute + MINUTE + SETTLES)
    return Math.max(due, this.next)
  }

  /** Numbers the rows of an entry against their producer. */
  accept(entry: Entry & { kind: 'batch' | 'reject' }, producers: Producers): Acceptance {
    const accepted = producers.accept(entry.from, entry.seq, entry.n, entry.ms)
    this.arrived(entry, accepted, producers.before)
    return accepted
  }

  /** `accepted`: which of its rows are new. `last`: the producer's highest number before it, -1 for none. */
  arrived(entry: Entry & { kind: 'batch' | 'reject' }, accepted: Acceptance, last: number): void {
    const minute = minuteOf(entry.minute, entry.ms)
    const { from, seq, n, ms } = entry
    if (accepted.verdict === 'refused') {
      this.shares = this.open(from, null, ms).take(minute, n)
      return
    }
    const book = this.open(from, last + 1, ms)
    if (accepted.verdict === 'all') {
      this.shares = book.arrive(minute, seq, n, null)
      return
    }
    this.shares = book.arrive(minute, seq, n, accepted.fresh)
    const resent = n - accepted.count
    if (resent > 0) book.take(minute, resent)[0]!.account.duplicate += resent
    // Known already: what else the fold calls a duplicate has the id of another row.
    this.seen.duplicate += resent
  }

  /** `last`: as for `arrived`; null where that is forgotten. */
  beat(entry: Entry & { kind: 'beat' }, last: number | null): void {
    if (last === null) return
    const book = this.open(entry.from, last + 1, entry.ms)
    for (const [minute, upTo] of entry.minutes) book.expect(minuteOf(minute, entry.ms), upTo)
  }

  /** The fold is done with an entry: `counts` are those of the partition since the beginning. */
  settle(entry: Entry, counts: Counts): void {
    const { seen, shares: named } = this
    const rows = rowsIn(counts) - rowsIn(seen)
    this.shares = NONE
    if (rows === 0) return
    if (named.length === 0 && counts.counted - seen.counted === rows) {
      // A flat event, as nearly all are.
      seen.counted += rows
      this.open(FLAT, null, entry.ms).took(minuteOf(0, entry.ms), rows).counted += rows
      return
    }
    const fates = FATES.map((fate) => counts[fate] - seen[fate])
    Object.assign(seen, counts)
    const shares =
      named.length > 0 ? named : this.open(FLAT, null, entry.ms).take(minuteOf(0, entry.ms), rows)
    for (const [i, share] of shares.entries()) {
      const isLast = i === shares.length - 1
      for (const [k, fate] of FATES.entries()) {
        const n = isLast ? fates[k]! : Math.min(fates[k]!, share.n)
        share.account[fate] += n
        share.n -= n
        fates[k]! -= n
      }
    }
  }

  /** Puts out the accounts that changed since the last call. */
  flush(): void {
    const { out } = this.sink
    for (const field of this.gone) out.accountsGone.push(field)
    for (const [account, book] of this.unwritten)
      out.accounts.set(fieldOf(book, account), JSON.stringify(packTotals(book.totals(account))))
    this.gone.clear()
    this.unwritten.clear()
  }

  /** Names the block of the books, and writes it where it has changed since the last call. */
  save({ names, changed }: Pick<SnapshotBlocks, 'names' | 'changed'>): void {
    names.push(BLOCK)
    if (!this.unsaved) return
    this.unsaved = false
    const saved: Saved = { next: this.next, books: [...this.books.values()].map(packBook) }
    changed.set(BLOCK, Buffer.from(JSON.stringify(saved)))
  }

  /** `counts`: those of the partition at the snapshot. One of before the books were kept has no block of them. */
  restore(blocks: ReadonlyMap<string, Buffer>, counts: Counts): void {
    Object.assign(this.seen, counts)
    const saved = blocks.get(BLOCK)
    if (saved === undefined) return
    const { next, books } = JSON.parse(saved.toString()) as Saved
    this.next = next
    for (const packed of books) {
      const book = unpackBook(packed, this)
      this.books.set(book.producer, book)
      this.size += book.accounts.length
      for (const account of book.accounts)
        if (!isZero(untoldOf(book, account))) this.untold.set(account, book)
    }
    this.unsaved = false
  }

  opened(): void {
    this.size++
  }

  changed(book: Book, account: Account): void {
    this.untold.set(account, book)
    this.unwritten.set(account, book)
    this.unsaved = true
  }

  closing(book: Book, account: Account): void {
    this.tell(book, account)
    this.drop(book, account)
  }

  private tell(book: Book, account: Account): void {
    const change = untoldOf(book, account)
    this.untold.delete(account)
    if (isZero(change)) return
    addTotals(account.told, change)
    this.unsaved = true
    if (!this.watched) return
    const { streamName: stream, partition, out, chain } = this.sink
    const { producer } = book
    const row = { stream, partition, producer, name: nameOf(producer), minute: account.minute, ...change }
    chain.text(JSON.stringify(row))
    out.accounted.push(row)
  }

  /** The book of a producer whose next number is `base`; null: its rows have none. */
  private open(producer: string, base: number | null, ms: number): Book {
    let book = this.books.get(producer)
    // The partition has forgotten it meanwhile, and takes its numbers for those of a new one.
    if (book !== undefined && base !== null && base < book.top) {
      this.merge(book)
      book = undefined
    }
    if (book !== undefined && book.seenAt === ms) return book
    book ??= new Book(producer, base ?? 0, this)
    book.seenAt = ms
    this.books.delete(producer)
    this.books.set(producer, book)
    if (this.books.size > this.limits.books || this.size > this.limits.accounts) this.makeRoom(book)
    this.unsaved = true
    return book
  }

  private makeRoom(current: Book): void {
    const { books, accounts } = this.limits
    for (const book of this.books.values()) {
      if (this.books.size <= books && this.size <= accounts) return
      if (book.producer !== OTHER && book !== current) this.merge(book)
    }
  }

  /** Into the sum of the others. What was in flight is not known any more. */
  private merge(book: Book): void {
    const rest = this.books.get(OTHER) ?? new Book(OTHER, 0, this)
    rest.seenAt = Math.max(rest.seenAt, book.seenAt)
    this.books.delete(OTHER)
    this.books.set(OTHER, rest)
    for (const account of book.accounts) {
      const totals = book.totals(account)
      const sum = rest.at(account.minute)
      sum.extra += totals.produced - totals.inFlight
      sum.gone += totals.missing
      for (const fate of FATES) sum[fate] += account[fate]
      addTotals(sum.told, account.told)
      this.changed(rest, sum)
    }
    this.remove(book)
  }

  private remove(book: Book): void {
    for (const account of book.accounts) this.drop(book, account)
    this.books.delete(book.producer)
    this.unsaved = true
  }

  private drop(book: Book, account: Account): void {
    this.size--
    this.gone.add(fieldOf(book, account))
    this.untold.delete(account)
    this.unwritten.delete(account)
  }
}

function untoldOf(book: Book, account: Account): ReturnType<Book['totals']> {
  const change = book.totals(account)
  addTotals(change, account.told, -1)
  return change
}

/** Its field in the hash of accounts. */
function fieldOf(book: Book, account: Account): string {
  return `${account.minute} ${book.producer}`
}

/** The minute a producer names; that of the log where it names none, or one to come. */
function minuteOf(named: number, ms: number): number {
  const logged = ms - (ms % MINUTE)
  const minute = named - (named % MINUTE)
  return minute > 0 && minute <= logged + MINUTE ? minute : logged
}
