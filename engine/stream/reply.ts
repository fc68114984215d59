/**
 * Reads replies of Redis (RESP2) as they come in pieces, and makes no strings of them: a reply is its bytes and a list
 * of tokens. Reading many small entries through objects and strings costs several times what counting them does.
 */

const [CR, STAR, DOLLAR, PLUS, MINUS, COLON, ZERO, NINE] = [0x0d, 0x2a, 0x24, 0x2b, 0x2d, 0x3a, 0x30, 0x39]

/** Tokens are two numbers: a text's start and end; `LIST` and the number of elements; `NIL` and 0. */
export const LIST = -1
export const NIL = -2

/** A longer reply is no answer to anything that is asked here. */
const MAX_REPLY = 512 * 1024 * 1024
const FIRST_BYTES = 64 * 1024
/** Bytes of the line that says how long what follows is. */
const MAX_HEADER = 20

export interface Reply {
  bytes: Buffer
  tokens: Int32Array
}

export class ReplyReader {
  private bytes: Buffer = Buffer.allocUnsafe(FIRST_BYTES)
  private filled = 0
  private tokens = new Int32Array(1024)
  private count = 0
  /** Where the next token begins, and how many of them are due until the reply is whole. */
  private at = 0
  private due = 1

  /** Takes what has come: the reply that it completes, what Redis calls an error, or null. Throws on what is no reply. */
  push(piece: Buffer): Reply | Error | null {
    this.make(piece.length)
    piece.copy(this.bytes, this.filled)
    this.filled += piece.length
    while (this.due > 0) if (!this.token()) return null
    if (this.filled !== this.at) throw new Error('Redis sent more than it was asked for')
    const refused = this.bytes[0] === MINUS ? new Error(this.bytes.toString('utf8', 1, this.at - 2)) : null
    if (refused === null) return this.take()
    this.clear()
    return refused
  }

  /** What has come so far belongs to a connection that is gone. */
  clear(): void {
    this.filled = 0
    this.at = 0
    this.due = 1
    this.count = 0
  }

  private take(): Reply {
    const reply = { bytes: this.bytes, tokens: this.tokens }
    // Whoever has the reply keeps its bytes; the next one will be about as long.
    this.bytes = Buffer.allocUnsafe(Math.max(FIRST_BYTES, this.filled + (this.filled >> 3)))
    this.tokens = new Int32Array(Math.max(1024, this.count + (this.count >> 3)))
    this.clear()
    return reply
  }

  private make(room: number): void {
    const wanted = this.filled + room
    if (wanted > MAX_REPLY) throw new Error(`a reply of more than ${MAX_REPLY} bytes`)
    if (wanted <= this.bytes.length) return
    const bigger = Buffer.allocUnsafe(Math.max(wanted, 2 * this.bytes.length))
    this.bytes.copy(bigger, 0, 0, this.filled)
    this.bytes = bigger
  }

  /** Reads the token at `at`; false: it is not whole yet. */
  private token(): boolean {
    const { bytes, filled } = this
    if (this.at >= filled) return false
    const kind = bytes[this.at]!
    let i = this.at + 1
    if (kind !== DOLLAR && kind !== STAR && kind !== COLON) return this.line(kind)
    let length = 0
    const negative = bytes[i] === MINUS
    if (negative) i++
    for (; i < filled; i++) {
      const byte = bytes[i]!
      if (byte === CR) break
      if (byte < ZERO || byte > NINE || i - this.at > MAX_HEADER)
        throw new Error('Redis sent what is no reply')
      length = length * 10 + (byte - ZERO)
    }
    // The line ends with CR and LF.
    if (i + 2 > filled) return false
    const start = i + 2
    if (kind === COLON) return this.done(this.at + 1, i, start)
    if (negative) return this.done(NIL, 0, start)
    if (kind === STAR) {
      this.due += length
      return this.done(LIST, length, start)
    }
    if (start + length + 2 > filled) return false
    return this.done(start, start + length, start + length + 2)
  }

  private line(kind: number): boolean {
    const end = this.bytes.subarray(0, this.filled).indexOf(CR, this.at)
    if (end === -1 || end + 2 > this.filled) return false
    if (kind !== PLUS && (kind !== MINUS || this.at > 0)) throw new Error('Redis sent what is no reply')
    return this.done(this.at + 1, end, end + 2)
  }

  private done(first: number, second: number, next: number): boolean {
    if (this.count + 2 > this.tokens.length) {
      const bigger = new Int32Array(2 * this.tokens.length)
      bigger.set(this.tokens)
      this.tokens = bigger
    }
    this.tokens[this.count] = first
    this.tokens[this.count + 1] = second
    this.count += 2
    this.at = next
    this.due--
    return true
  }
}
