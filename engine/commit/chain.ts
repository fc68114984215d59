/**
 * A running hash over everything a fold has put out. It is part of the committed small state: a recovery that
 * replays the log must arrive at the same hash, so every restart checks the fold for free.
 */

const float = new Float64Array(1)
const words = new Uint32Array(float.buffer)

export class Chain {
  private a = 0x811c9dc5
  private b = 0x1b873593

  number(value: number): void {
    float[0] = value
    this.word(words[0]!)
    this.word(words[1]!)
  }

  text(value: string): void {
    for (let i = 0; i < value.length; i++) this.word(value.charCodeAt(i))
    this.word(value.length)
  }

  toString(): string {
    return (this.a >>> 0).toString(16).padStart(8, '0') + (this.b >>> 0).toString(16).padStart(8, '0')
  }

  static from(text: string): Chain {
    const chain = new Chain()
    chain.a = Number.parseInt(text.slice(0, 8), 16) | 0
    chain.b = Number.parseInt(text.slice(8), 16) | 0
    return chain
  }

  private word(word: number): void {
    this.a = Math.imul(this.a ^ word, 0x01000193)
    this.b = Math.imul(((this.b << 13) | (this.b >>> 19)) ^ word, 0x85ebca6b)
  }
}
