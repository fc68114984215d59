/**
 * Many quantile sketches in one arena: each is a linked list of 32-bucket pages, allocated on touch, ordered by
 * page number. A pane owns an arena, so dropping a pane frees its sketches at once.
 */
import { bucketValue, bucketOf } from './buckets.ts'

const PAGE_BITS = 5
const PAGE = 1 << PAGE_BITS
/** Head of a sketch without pages. */
export const EMPTY = 0

export class SketchArena {
  /** Page 0 is never used, so that 0 can mean "none". */
  private size = 1
  private counts = new Uint32Array(8 * PAGE)
  private number = new Int32Array(8)
  private next = new Int32Array(8)

  /** Adds one value to the sketch at `head`; returns its (possibly new) head. */
  add(head: number, value: number): number {
    const bucket = bucketOf(value)
    return this.addCount(head, bucket, 1)
  }

  private addCount(head: number, bucket: number, count: number): number {
    const number = bucket >> PAGE_BITS
    const slot = bucket & (PAGE - 1)
    let before = EMPTY
    let page = head
    while (page !== EMPTY && this.number[page]! < number) {
      before = page
      page = this.next[page]!
    }
    if (page === EMPTY || this.number[page] !== number) {
      const fresh = this.allocate(number, page)
      if (before === EMPTY) head = fresh
      else this.next[before] = fresh
      page = fresh
    }
    this.counts[page * PAGE + slot]! += count
    return head
  }

  /** Adds every bucket of `other`'s sketch; returns the head. Integers only, so the order does not matter. */
  merge(head: number, other: SketchArena, otherHead: number): number {
    let before = EMPTY
    let page = head
    for (let from = otherHead; from !== EMPTY; from = other.next[from]!) {
      const number = other.number[from]!
      while (page !== EMPTY && this.number[page]! < number) {
        before = page
        page = this.next[page]!
      }
      if (page === EMPTY || this.number[page] !== number) {
        const fresh = this.allocate(number, page)
        if (before === EMPTY) head = fresh
        else this.next[before] = fresh
        page = fresh
      }
      const to = page * PAGE
      const source = from * PAGE
      for (let i = 0; i < PAGE; i++) this.counts[to + i]! += other.counts[source + i]!
      before = page
      page = this.next[page]!
    }
    return head
  }

  /** Sets all counts of a sketch to zero and keeps its pages. */
  reset(head: number): void {
    for (let page = head; page !== EMPTY; page = this.next[page]!) {
      this.counts.fill(0, page * PAGE, page * PAGE + PAGE)
    }
  }

  /**
   * The q-quantile (0…1) of the sketch, lower rank: the value at rank floor(q x (n - 1)). NaN when empty.
   * Within 1 % of the exact value, clamped to [1e-9, 1e12] in magnitude.
   */
  quantile(head: number, q: number, n: number): number {
    if (n === 0) return Number.NaN
    const rank = Math.floor(q * (n - 1))
    let seen = 0
    for (let page = head; page !== EMPTY; page = this.next[page]!) {
      const at = page * PAGE
      for (let i = 0; i < PAGE; i++) {
        seen += this.counts[at + i]!
        if (seen > rank) return bucketValue((this.number[page]! << PAGE_BITS) + i)
      }
    }
    return Number.NaN
  }

  /** Non-empty buckets in order: [bucket, count, bucket, count, …]. */
  list(head: number): number[] {
    const out: number[] = []
    for (let page = head; page !== EMPTY; page = this.next[page]!) {
      const at = page * PAGE
      for (let i = 0; i < PAGE; i++) {
        const count = this.counts[at + i]!
        if (count > 0) out.push((this.number[page]! << PAGE_BITS) + i, count)
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

  /** Forgets every sketch; capacity is kept for reuse. */
  clear(): void {
    this.counts.fill(0, 0, this.size * PAGE)
    this.size = 1
  }

  private allocate(number: number, next: number): number {
    if (this.size === this.number.length) this.grow()
    const page = this.size++
    this.number[page] = number
    this.next[page] = next
    return page
  }

  private grow(): void {
    const capacity = this.number.length * 2
    const counts = new Uint32Array(capacity * PAGE)
    counts.set(this.counts)
    this.counts = counts
    const number = new Int32Array(capacity)
    number.set(this.number)
    this.number = number
    const next = new Int32Array(capacity)
    next.set(this.next)
    this.next = next
  }
}
