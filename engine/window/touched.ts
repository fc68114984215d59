/** A set of small integers that remembers insertion order: which groups a pane has seen. */

export class Touched {
  private bits = new Uint32Array(2)
  private list = new Int32Array(16)
  size = 0

  /** Adds `id`; false if it was there. */
  add(id: number): boolean {
    const word = id >>> 5
    const bit = 1 << (id & 31)
    if (word >= this.bits.length) this.growBits(word)
    if ((this.bits[word]! & bit) !== 0) return false
    this.bits[word]! |= bit
    if (this.size === this.list.length) {
      const bigger = new Int32Array(this.size * 2)
      bigger.set(this.list)
      this.list = bigger
    }
    this.list[this.size++] = id
    return true
  }

  has(id: number): boolean {
    const word = id >>> 5
    return word < this.bits.length && (this.bits[word]! & (1 << (id & 31))) !== 0
  }

  /** The i-th id in insertion order, 0 <= i < size. */
  at(i: number): number {
    return this.list[i]!
  }

  clear(): void {
    for (let i = 0; i < this.size; i++) this.bits[this.list[i]! >>> 5] = 0
    this.size = 0
  }

  private growBits(word: number): void {
    const bigger = new Uint32Array(Math.max(word + 1, this.bits.length * 2))
    bigger.set(this.bits)
    this.bits = bigger
  }
}
