/**
 * The texts of one log entry as they came over the wire: places in a buffer that many entries share. What is only
 * compared, or is a number, is never made a string.
 */

/** Every text is followed by a byte below a space, which no token of JSON or of a number contains. */
const END = 0x0d

export class Texts {
  readonly bytes: Buffer
  /** Start and end of every text, two numbers each. */
  readonly places: Int32Array
  /** Index in `places` of the first text, and how many there are. */
  readonly first: number
  readonly length: number

  constructor(bytes: Buffer, places: Int32Array, first: number, length: number) {
    this.bytes = bytes
    this.places = places
    this.first = first
    this.length = length
  }

  static of(strings: readonly string[]): Texts {
    let size = strings.length
    for (const text of strings) size += 3 * text.length
    const bytes = Buffer.allocUnsafe(size)
    const places = new Int32Array(2 * strings.length)
    let at = 0
    for (const [i, text] of strings.entries()) {
      places[2 * i] = at
      at += bytes.write(text, at, 'utf8')
      places[2 * i + 1] = at
      bytes[at++] = END
    }
    return new Texts(bytes, places, 0, strings.length)
  }

  start(i: number): number {
    return this.places[this.first + 2 * i]!
  }

  end(i: number): number {
    return this.places[this.first + 2 * i + 1]!
  }

  /** Bytes of all of them. */
  get size(): number {
    let size = 0
    for (let i = 0; i < this.length; i++) size += this.end(i) - this.start(i)
    return size
  }

  text(i: number): string {
    return this.bytes.toString('utf8', this.start(i), this.end(i))
  }

  strings(): string[] {
    return Array.from({ length: this.length }, (_, i) => this.text(i))
  }

  toJSON(): string[] {
    return this.strings()
  }

  /** Whether text `i` is `wanted`. */
  is(i: number, wanted: Uint8Array): boolean {
    const start = this.start(i)
    if (this.end(i) - start !== wanted.length) return false
    for (let k = 0; k < wanted.length; k++) if (this.bytes[start + k] !== wanted[k]) return false
    return true
  }
}
