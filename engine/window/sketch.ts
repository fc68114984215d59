/**
 * Many quantile sketches in one arena. The counts of a sketch stand in pages of 32 buckets, allocated on touch; a
 * directory names the pages of one sketch by their number, so that a value finds its bucket without a search. A
 * pane owns an arena, so dropping a pane frees its sketches at once.
 */
import { BUCKETS, bucketValue, bucketOf } from './buckets.ts'
import type { ByteReader } from './bytes.ts'

const PAGE_BITS = 5
const PAGE = 1 << PAGE_BITS
/** Head of a sketch without pages. */
export const EMPTY = 0
/** A directory starts with its lowest page number and its number of slots; the slots follow. */
const HEADER = 2
/** Slots of the smallest directory. */
const FEW = 6
/** Numbers of pages: -LAST … LAST. */
const LAST = (BUCKETS >> PAGE_BITS) + 1

export class SketchArena {
  /** Page 0 is never used, so that 0 can mean "none"; likewise place 0 of the directories. */
  private size = 1
  private counts: Uint32Array
  private used = 1
  private directories = new Int32Array(64)
  /** Directories that were outgrown, by number of slots. */
  private free = new Map<number, number[]>()

  /** `pages`: how many to make room for; there will be more if need be. */
  constructor(pages = 7) {
    this.counts = new Uint32Array((1 + Math.max(7, pages)) * PAGE)
  }

  /** Makes room at once for what is about to come, instead of bit by bit. */
  reserve(pages: number, sketches: number): void {
    this.growTo((this.size + pages + 1) * PAGE)
    this.growDirectoriesTo(this.used + sketches * 2 * (HEADER + FEW))
  }

  /** Pages in use: what the sketches take, in units of 128 bytes. */
  get pages(): number {
    return this.size - 1
  }

  /** Adds one value to the sketch at `head`; returns its (possibly new) head. */
  add(head: number, value: number): number {
    const bucket = bucketOf(value)
    if (head !== EMPTY) {
      const slot = (bucket >> PAGE_BITS) - this.directories[head]!
      if (slot >= 0 && slot < this.directories[head + 1]!) {
        const page = this.directories[head + HEADER + slot]!
        if (page !== 0) {
          this.counts[page * PAGE + (bucket & (PAGE - 1))]! += 1
          return head
        }
      }
    }
    return this.addCount(head, bucket, 1)
  }

  private addCount(head: number, bucket: number, count: number): number {
    const number = bucket >> PAGE_BITS
    const covering = this.cover(head, number, number)
    const page = this.pageOf(covering, number)
    this.counts[page * PAGE + (bucket & (PAGE - 1))]! += count
    return covering
  }

  /** Adds every bucket of `other`'s sketch; returns the head. Integers only, so the order does not matter. */
  merge(head: number, other: SketchArena, otherHead: number): number {
    if (otherHead === EMPTY) return head
    const low = other.directories[otherHead]!
    let first = 0
    let last = other.directories[otherHead + 1]! - 1
    while (first <= last && other.directories[otherHead + HEADER + first] === 0) first++
    while (last > first && other.directories[otherHead + HEADER + last] === 0) last--
    if (first > last) return head
    const covering = this.cover(head, low + first, low + last)
    for (let slot = first; slot <= last; slot++) {
      const from = other.directories[otherHead + HEADER + slot]!
      if (from === 0) continue
      // The page first: allocating it may move the counts.
      const to = this.pageOf(covering, low + slot) * PAGE
      const source = from * PAGE
      const { counts } = this
      for (let i = 0; i < PAGE; i++) counts[to + i]! += other.counts[source + i]!
    }
    return covering
  }

  /** Takes away what `merge` of the same sketch has added: its pages are there. */
  subtract(head: number, other: SketchArena, otherHead: number): void {
    if (otherHead === EMPTY) return
    const low = other.directories[otherHead]!
    const slots = other.directories[otherHead + 1]!
    for (let slot = 0; slot < slots; slot++) {
      const from = other.directories[otherHead + HEADER + slot]!
      if (from === 0) continue
      const to = this.pageOf(head, low + slot) * PAGE
      const source = from * PAGE
      const { counts } = this
      for (let i = 0; i < PAGE; i++) counts[to + i]! -= other.counts[source + i]!
    }
  }

  /** Sets all counts of a sketch to zero and keeps its pages. */
  reset(head: number): void {
    const end = this.end(head)
    for (let at = head + HEADER; at < end; at++) {
      const page = this.directories[at]!
      if (page !== 0) this.counts.fill(0, page * PAGE, page * PAGE + PAGE)
    }
  }

  /**
   * The q-quantile (0…1) of the sketch, lower rank: the value at rank floor(q x (n - 1)). NaN when empty.
   * Within 1 % of the exact value, clamped to [1e-9, 1e12] in magnitude.
   */
  quantile(head: number, q: number, n: number): number {
    if (n === 0) return Number.NaN
    const rank = Math.floor(q * (n - 1))
    const first = head + HEADER
    const end = this.end(head)
    let seen = 0
    for (let place = first; place < end; place++) {
      const page = this.directories[place]!
      if (page === 0) continue
      const at = page * PAGE
      for (let i = 0; i < PAGE; i++) {
        seen += this.counts[at + i]!
        if (seen > rank) return bucketValue(((this.directories[head]! + place - first) << PAGE_BITS) + i)
      }
    }
    return Number.NaN
  }

  /** Non-empty buckets in order: [bucket, count, bucket, count, …]. */
  list(head: number): number[] {
    const out: number[] = []
    const first = head + HEADER
    const end = this.end(head)
    for (let place = first; place < end; place++) {
      const page = this.directories[place]!
      if (page === 0) continue
      const bucket = (this.directories[head]! + place - first) << PAGE_BITS
      const at = page * PAGE
      for (let i = 0; i < PAGE; i++) {
        const count = this.counts[at + i]!
        if (count > 0) out.push(bucket + i, count)
      }
    }
    return out
  }

  /** Rebuilds a sketch from `list`; returns its head. */
  fromList(buckets: ArrayLike<number>): number {
    let head = EMPTY
    for (let i = 0; i < buckets.length; i += 2) head = this.addCount(head, buckets[i]!, buckets[i + 1]!)
    return head
  }

  /** As `fromList`, of what ByteWriter's `buckets` wrote. Throws RangeError where a bucket is none. */
  read(from: ByteReader): number {
    let head = EMPTY
    let bucket = 0
    let number = Number.NaN
    let page = 0
    for (let left = from.length(); left > 0; left--) {
      bucket += from.signed()
      assertBucket(bucket)
      if (bucket >> PAGE_BITS !== number) {
        number = bucket >> PAGE_BITS
        head = this.cover(head, number, number)
        page = this.pageOf(head, number) * PAGE
      }
      this.counts[page + (bucket & (PAGE - 1))]! += from.varint()
    }
    return head
  }

  /** Forgets every sketch; capacity is kept for reuse. */
  clear(): void {
    this.counts.fill(0, 0, this.size * PAGE)
    this.directories.fill(0, 0, this.used)
    this.size = 1
    this.used = 1
    this.free.clear()
  }

  /** Where the directory at `head` ends; an empty sketch has no slots. */
  private end(head: number): number {
    return head === EMPTY ? 0 : head + HEADER + this.directories[head + 1]!
  }

  /** The page of that number, which the directory covers. */
  private pageOf(head: number, number: number): number {
    const place = head + HEADER + number - this.directories[head]!
    const page = this.directories[place]!
    if (page !== 0) return page
    const fresh = this.allocate()
    this.directories[place] = fresh
    return fresh
  }

  /** The head of a directory with slots for the pages low…high beside those it had. */
  private cover(head: number, low: number, high: number): number {
    if (head === EMPTY) {
      const start = Math.max(-LAST, low - 2)
      return this.open(start, high - start + 1)
    }
    const oldLow = this.directories[head]!
    const slots = this.directories[head + 1]!
    if (low >= oldLow && high < oldLow + slots) return head
    const from = Math.min(low, oldLow)
    const to = Math.max(high, oldLow + slots - 1)
    // Room to grow goes to the side it grows to.
    const room = slotsFor(to - from + 1) - (to - from + 1)
    const start = low < oldLow ? Math.max(-LAST, from - room) : from
    const grown = this.open(start, to - start + 1)
    const shift = grown + HEADER + oldLow - start
    for (let i = 0; i < slots; i++) this.directories[shift + i] = this.directories[head + HEADER + i]!
    const spare = this.free.get(slots)
    if (spare === undefined) this.free.set(slots, [head])
    else spare.push(head)
    return grown
  }

  /** An empty directory from page `low` on, of at least `slots`. */
  private open(low: number, slots: number): number {
    const rounded = slotsFor(slots)
    let head = this.free.get(rounded)?.pop()
    if (head === undefined) {
      head = this.used
      this.used += HEADER + rounded
      if (this.used > this.directories.length)
        this.growDirectoriesTo(Math.max(this.used, this.directories.length * 2))
    } else this.directories.fill(0, head, head + HEADER + rounded)
    this.directories[head] = low
    this.directories[head + 1] = rounded
    return head
  }

  private allocate(): number {
    if ((this.size + 1) * PAGE > this.counts.length) this.growTo(this.counts.length * 2)
    return this.size++
  }

  private growDirectoriesTo(length: number): void {
    if (length <= this.directories.length) return
    const bigger = new Int32Array(length)
    bigger.set(this.directories)
    this.directories = bigger
  }

  private growTo(length: number): void {
    if (length <= this.counts.length) return
    const bigger = new Uint32Array(length)
    bigger.set(this.counts)
    this.counts = bigger
  }
}

/** Throws RangeError where `bucket` is none. */
export function assertBucket(bucket: number): void {
  if (bucket > BUCKETS || bucket < -BUCKETS) throw new RangeError('a bucket that no value falls into')
}

/** Directory sizes grow by doubling, header included. */
function slotsFor(slots: number): number {
  let rounded = FEW
  while (rounded < slots) rounded = 2 * (rounded + HEADER) - HEADER
  return rounded
}
