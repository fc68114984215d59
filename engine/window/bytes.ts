/** Bytes written one after the other into a buffer that grows: small integers as varints, doubles as they are. */

const float = new Float64Array(1)
const floatBytes = new Uint8Array(float.buffer)

export class ByteWriter {
  private bytes: Buffer
  private size = 0

  /** `capacity`: bytes expected. */
  constructor(capacity = 1024) {
    this.bytes = Buffer.allocUnsafe(capacity)
  }

  /** What was written; the writer must not be used any more. */
  done(): Buffer {
    return this.bytes.subarray(0, this.size)
  }

  uint32(value: number): void {
    this.room(4)
    this.size = this.bytes.writeUInt32LE(value, this.size)
  }

  /** Little endian, as every machine that Node runs on. */
  double(value: number): void {
    this.room(8)
    float[0] = value
    for (let i = 0; i < 8; i++) this.bytes[this.size++] = floatBytes[i]!
  }

  /** A whole number, 0 … 2^53 - 1, seven bits a byte, lowest first. */
  varint(value: number): void {
    this.room(8)
    let rest = value
    while (rest >= 0x80) {
      this.bytes[this.size++] = (rest % 0x80) | 0x80
      rest = rest < 0x80000000 ? rest >>> 7 : Math.floor(rest / 0x80)
    }
    this.bytes[this.size++] = rest
  }

  /** A whole number of either sign, small ones in few bytes; |value| < 2^52. */
  signed(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value)
  }

  /** How many pairs of a step and a count follow, then these: `pairs` as of a sketch, first of each in order. */
  buckets(pairs: readonly number[]): void {
    this.varint(pairs.length / 2)
    // Most numbers take a byte: the room is made once, for the longest there are.
    this.room(5 * pairs.length)
    const { bytes } = this
    let at = this.size
    let before = 0
    for (let i = 0; i < pairs.length; i += 2) {
      const step = pairs[i]! - before
      before = pairs[i]!
      let rest = step < 0 ? -2 * step - 1 : 2 * step
      for (; rest >= 0x80; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80
      bytes[at++] = rest
      rest = pairs[i + 1]!
      for (; rest >= 0x80; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80
      bytes[at++] = rest
    }
    this.size = at
  }

  private room(more: number): void {
    if (this.size + more <= this.bytes.length) return
    const bigger = Buffer.allocUnsafe(Math.max(this.size + more, this.bytes.length * 2))
    this.bytes.copy(bigger, 0, 0, this.size)
    this.bytes = bigger
  }
}

/** Reads what a ByteWriter has written. Throws RangeError where the bytes end too early. */
export class ByteReader {
  private readonly bytes: Buffer
  private readonly view: DataView
  private at: number

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.at = at
  }

  uint32(): number {
    this.at += 4
    return this.bytes.readUInt32LE(this.at - 4)
  }

  double(): number {
    this.at += 8
    return this.view.getFloat64(this.at - 8, true)
  }

  varint(): number {
    const first = this.bytes[this.at]!
    if (first < 0x80) {
      this.at++
      return first
    }
    let value = 0
    for (let scale = 1; scale <= 2 ** 49; scale *= 0x80) {
      const byte = this.bytes[this.at++]
      if (byte === undefined) throw new RangeError('the block ends too early')
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
    throw new RangeError('a number of more than 53 bits')
  }

  signed(): number {
    const value = this.varint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  /** Where the next byte is read, and how many there are from there on. */
  get position(): number {
    return this.at
  }

  get left(): number {
    return this.bytes.length - this.at
  }

  skip(bytes: number): void {
    if (bytes > this.left) throw new RangeError('the block ends too early')
    this.at += bytes
  }

  /** A number of items that follow, each of at least one byte. */
  length(): number {
    const length = this.varint()
    if (length > this.bytes.length - this.at) throw new RangeError('the block ends too early')
    return length
  }
}
