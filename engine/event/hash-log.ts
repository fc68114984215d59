/**
 * A set of 64-bit hashes in the order they came, each with a number if wanted: 16 bytes a hash in memory, and what
 * was full once never changes, so that a snapshot writes it once.
 */

/** Entries per chunk. */
export const CHUNK = 8192
/** More steps than that to find a free slot happen by intent only: then the set calls itself full. */
const MAX_STEPS = 512
/** The index is cut in parts that grow one by one: no entry has to wait until all of it has grown. */
const PARTS = 16
const FIRST_SLOTS = 64
const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

export class HashLog {
  size = 0
  private readonly words: number
  private readonly limit: number
  private readonly chunks: Int32Array[] = []
  /** Open addressing: place in the log plus one, 0 where free. At most half full. */
  private readonly tables = Array.from({ length: PARTS }, () => new Int32Array(FIRST_SLOTS))
  private readonly used = new Int32Array(PARTS)
  private crowded = false

  /** `limit`: entries at most. `numbered`: each entry carries a number, a whole one below 2^53. */
  constructor(limit: number, numbered = false) {
    this.limit = limit
    this.words = numbered ? 4 : 2
  }

  get full(): boolean {
    return this.size >= this.limit || this.crowded
  }

  /** Place of the newest entry with this hash, or -1. */
  find(a: number, b: number): number {
    const table = this.tables[b & (PARTS - 1)]!
    const mask = table.length - 1
    for (let slot = a & mask; ; slot = (slot + 1) & mask) {
      const place = table[slot]! - 1
      if (place < 0 || this.holds(place, a, b)) return place
    }
  }

  /** Appends; of two entries with one hash the newer is found. */
  add(a: number, b: number, number = 0): void {
    const at = this.append(a, b)
    if (this.words === 4) {
      const chunk = this.chunks.at(-1)!
      chunk[at + 2] = Math.floor(number / 0x1_0000_0000)
      chunk[at + 3] = number | 0
    }
    this.index()
  }

  numberAt(place: number): number {
    const chunk = this.chunks[Math.floor(place / CHUNK)]!
    const at = (place % CHUNK) * this.words
    return chunk[at + 2]! * 0x1_0000_0000 + (chunk[at + 3]! >>> 0)
  }

  get chunkCount(): number {
    return this.chunks.length
  }

  /** The entries of one chunk, little-endian. */
  encode(chunk: number): Buffer {
    const words = Math.min(CHUNK, this.size - chunk * CHUNK) * this.words
    const bytes = Buffer.from(new Uint8Array(this.chunks[chunk]!.buffer, 0, 4 * words))
    return LITTLE_ENDIAN ? bytes : bytes.swap32()
  }

  /** Appends the entries of an encoded chunk. Chunk by chunk in order this gives the same set, slot by slot. */
  decode(bytes: Buffer): void {
    for (let from = 0; from < bytes.length; from += 4 * this.words) {
      const at = this.append(bytes.readInt32LE(from), bytes.readInt32LE(from + 4))
      for (let i = 2; i < this.words; i++) this.chunks.at(-1)![at + i] = bytes.readInt32LE(from + 4 * i)
      this.index()
    }
  }

  private append(a: number, b: number): number {
    const within = this.size % CHUNK
    if (within === 0) this.chunks.push(new Int32Array(Math.min(CHUNK, this.limit) * this.words))
    const chunk = this.chunks.at(-1)!
    const at = within * this.words
    chunk[at] = a
    chunk[at + 1] = b
    this.size++
    return at
  }

  /** Makes the entry appended last findable. */
  private index(): void {
    const part = this.chunks.at(-1)![((this.size - 1) % CHUNK) * this.words + 1]! & (PARTS - 1)
    this.put(part, this.size - 1)
    const table = this.tables[part]!
    if (2 * this.used[part]! <= table.length) return
    this.tables[part] = new Int32Array(2 * table.length)
    this.used[part] = 0
    for (const place of table) if (place !== 0) this.put(part, place - 1)
  }

  private put(part: number, place: number): void {
    const table = this.tables[part]!
    const chunk = this.chunks[Math.floor(place / CHUNK)]!
    const at = (place % CHUNK) * this.words
    const a = chunk[at]!
    const b = chunk[at + 1]!
    const mask = table.length - 1
    let steps = 0
    let slot = a & mask
    while (table[slot] !== 0 && !this.holds(table[slot]! - 1, a, b)) {
      slot = (slot + 1) & mask
      steps++
    }
    if (table[slot] === 0) this.used[part]!++
    table[slot] = place + 1
    if (steps > MAX_STEPS) this.crowded = true
  }

  private holds(place: number, a: number, b: number): boolean {
    const chunk = this.chunks[Math.floor(place / CHUNK)]!
    const at = (place % CHUNK) * this.words
    return chunk[at] === a && chunk[at + 1] === b
  }
}
