/**
 * The different values of many groups in one arena. Up to 128 values of a group are kept as what they are, a
 * sorted list of their hashes, and counted exactly; beyond, as HyperLogLog registers. A pane owns an arena, so
 * dropping a pane frees all of it at once.
 *
 * What is kept depends on the set of values alone, not on their order nor on how panes were merged: union is
 * associative, commutative and idempotent, and more than 128 values are registers on every way there.
 */
import { estimate, rankOf, registerOf, REGISTERS } from './hyper-log-log.ts'

/** So many values are counted exactly. */
export const EXACT = 128
/** First word of a block of registers; that of a list is its length. */
const DENSE = 0xffffffff
/** Lists have room for 4, 8, … 128 hashes of two words; registers take as much as one more doubling. */
const SMALLEST = 4
const DENSE_CLASS = 6
const PAGE_BITS = 6
const PAGE = 1 << PAGE_BITS

export class HyperLogLogArena {
  private words = new Uint32Array(256)
  private bytes = new Uint8Array(this.words.buffer)
  /** Word 0 is never used, so that 0 can mean "no block". */
  private used = 1
  /** First free block of each class; a free block's first word names the next. */
  private readonly free = new Uint32Array(DENSE_CLASS + 1)
  /** Block of each group, in pages allocated on touch. */
  private readonly heads: (Uint32Array | undefined)[] = []

  /** Adds the value that has this hash. */
  add(group: number, high: number, low: number): void {
    this.point(group, this.insert(this.head(group) || this.allocate(0), high, low))
  }

  /** Adds every value of `fromGroup` in another arena. */
  merge(group: number, from: HyperLogLogArena, fromGroup: number): void {
    const source = from.head(fromGroup)
    if (source === 0) return
    let block = this.head(group) || this.allocate(0)
    const count = from.words[source]!
    if (count === DENSE) {
      block = this.dense(block)
      raiseAll(this.words, block + 1, from.words, source + 1)
    } else {
      for (let at = source + 1; at <= source + 2 * count; at += 2)
        block = this.insert(block, from.words[at]!, from.words[at + 1]!)
    }
    this.point(group, block)
  }

  /** Number of different values of a group: exact up to 128, else within 2.3 % (one standard error). */
  count(group: number): number {
    const block = this.head(group)
    if (block === 0) return 0
    const count = this.words[block]!
    return count === DENSE ? Math.round(estimate(this.bytes, (block + 1) * 4)) : count
  }

  /** Forgets the values of a group. */
  reset(group: number): void {
    const block = this.head(group)
    if (block === 0) return
    this.release(block)
    this.point(group, 0)
  }

  /** The values of a group as words for a snapshot: a view, valid until the next change. */
  save(group: number): Uint32Array {
    const block = this.head(group)
    return block === 0 ? NOTHING : this.words.subarray(block, block + lengthOf(this.words[block]!))
  }

  /** Puts back what `save` gave; words of no known form are refused with a RangeError. */
  restore(group: number, saved: ArrayLike<number>): void {
    const count = saved[0]
    if (count === 0) return
    if (count === undefined || (count > EXACT && count !== DENSE) || saved.length !== lengthOf(count))
      throw new RangeError('saved values are broken')
    const block = this.allocate(classOf(count))
    this.words.set(saved, block)
    this.point(group, block)
  }

  private head(group: number): number {
    return this.heads[group >>> PAGE_BITS]?.[group & (PAGE - 1)] ?? 0
  }

  private point(group: number, block: number): void {
    const page = (this.heads[group >>> PAGE_BITS] ??= new Uint32Array(PAGE))
    page[group & (PAGE - 1)] = block
  }

  /** Adds one hash to a block; returns the block that holds it all then. */
  private insert(block: number, high: number, low: number): number {
    const count = this.words[block]!
    if (count === DENSE) {
      this.raise(block, high, low)
      return block
    }
    const at = this.place(block, count, high, low)
    if (at < 0) return block
    if (count === EXACT) {
      const registers = this.dense(block)
      this.raise(registers, high, low)
      return registers
    }
    const roomy = classOf(count + 1) === classOf(count) ? block : this.move(block, classOf(count + 1))
    const place = roomy + 1 + 2 * at
    this.words.copyWithin(place + 2, place, roomy + 1 + 2 * count)
    this.words[place] = high
    this.words[place + 1] = low
    this.words[roomy] = count + 1
    return roomy
  }

  /** Where in the sorted list a hash belongs; -1 where it already is. */
  private place(block: number, count: number, high: number, low: number): number {
    let [from, to] = [0, count]
    while (from < to) {
      const middle = (from + to) >>> 1
      const at = block + 1 + 2 * middle
      const order = this.words[at]! - high || this.words[at + 1]! - low
      if (order === 0) return -1
      if (order < 0) from = middle + 1
      else to = middle
    }
    return from
  }

  private raise(block: number, high: number, low: number): void {
    const at = (block + 1) * 4 + registerOf(high)
    const rank = rankOf(high, low)
    if (rank > this.bytes[at]!) this.bytes[at] = rank
  }

  /** The block as registers; a list gives its place up. */
  private dense(list: number): number {
    const count = this.words[list]!
    if (count === DENSE) return list
    const block = this.allocate(DENSE_CLASS)
    this.words[block] = DENSE
    this.words.fill(0, block + 1, block + 1 + REGISTERS / 4)
    for (let at = list + 1; at <= list + 2 * count; at += 2)
      this.raise(block, this.words[at]!, this.words[at + 1]!)
    this.release(list)
    return block
  }

  private move(block: number, to: number): number {
    const moved = this.allocate(to)
    this.words.copyWithin(moved, block, block + lengthOf(this.words[block]!))
    this.release(block)
    return moved
  }

  private allocate(size: number): number {
    let block = this.free[size]!
    if (block !== 0) this.free[size] = this.words[block]!
    else {
      block = this.used
      this.used += roomOf(size)
      if (this.used > this.words.length) this.grow()
    }
    this.words[block] = 0
    return block
  }

  private release(block: number): void {
    const size = classOf(this.words[block]!)
    this.words[block] = this.free[size]!
    this.free[size] = block
  }

  private grow(): void {
    const bigger = new Uint32Array(Math.max(2 * this.words.length, this.used))
    bigger.set(this.words)
    this.words = bigger
    this.bytes = new Uint8Array(bigger.buffer)
  }
}

/** Four registers at a time: none is above 63, so that bit 6 of each byte is free to tell which is greater. */
function raiseAll(to: Uint32Array, at: number, from: Uint32Array, fromAt: number): void {
  for (let i = 0; i < REGISTERS / 4; i++) {
    const ours = to[at + i]!
    const theirs = from[fromAt + i]!
    const kept = Math.imul((((ours | GUARDS) - theirs) & GUARDS) >>> 6, 0xff)
    to[at + i] = (ours & kept) | (theirs & ~kept)
  }
}

const GUARDS = 0x40404040
const NOTHING = new Uint32Array(1)

/** Words that a block holds, by its first word. */
function lengthOf(count: number): number {
  return 1 + (count === DENSE ? REGISTERS / 4 : 2 * count)
}

function classOf(count: number): number {
  if (count === DENSE) return DENSE_CLASS
  return count <= SMALLEST ? 0 : 32 - Math.clz32((count - 1) >>> 2)
}

/** Words that a block of a class takes. */
function roomOf(size: number): number {
  return 1 + 2 * (SMALLEST << size)
}
