/**
 * Reads numbers and short plain texts out of bytes, several times faster than by way of strings. It accepts only what
 * it reads exactly as JSON.parse does; for anything else it says so, and the slow way decides.
 *
 * A decimal of at most 15 digits is an integer below 2^53 divided by a power of ten below 10^22. Both are exact doubles,
 * so that IEEE division rounds to the double nearest to the decimal (Clinger, PLDI 1990).
 */

/** Digits up to which that holds; POWERS[i] = 10^i. */
const EXACT_DIGITS = 15
const POWERS = Float64Array.from({ length: EXACT_DIGITS + 1 }, (_, i) => Number(`1e${i}`))

/** Texts that come again and again, such as keys, are made once: a slot for each hash, the newest stays. */
const TEXT_SLOTS = 1 << 15
const MAX_KNOWN = 40
const known: string[] = Array.from({ length: TEXT_SLOTS }, () => '')

export const QUOTE = 0x22
const BACKSLASH = 0x5c
const [MINUS, PLUS, DOT, ZERO, NINE, E, LOWER] = [0x2d, 0x2b, 0x2e, 0x30, 0x39, 0x45, 0x20]
const NOTHING = Buffer.alloc(0)

export class Scanner {
  /** A byte below a space must follow what is read. */
  bytes: Uint8Array & Buffer = NOTHING
  at = 0

  accept(byte: number): boolean {
    if (this.bytes[this.at] !== byte) return false
    this.at++
    return true
  }

  /** A decimal as JSON has them, `at` moves behind it. NaN: no number, or one too large for a double. */
  number(): number {
    const { bytes, at: start } = this
    const negative = bytes[start] === MINUS
    const first = negative ? start + 1 : start
    // The place is a local: this runs for every byte that comes.
    let i = first
    let value = 0
    let byte = bytes[i]!
    while (byte >= ZERO && byte <= NINE) {
      value = value * 10 + (byte - ZERO)
      byte = bytes[++i]!
    }
    let digits = i - first
    if (digits === 0 || (digits > 1 && bytes[first] === ZERO)) return Number.NaN
    let decimals = 0
    if (byte === DOT) {
      const dot = i
      byte = bytes[++i]!
      while (byte >= ZERO && byte <= NINE) {
        value = value * 10 + (byte - ZERO)
        byte = bytes[++i]!
      }
      decimals = i - dot - 1
      if (decimals === 0) return Number.NaN
      digits += decimals
    }
    const plain = byte !== E && byte !== (E | LOWER)
    if (!plain) i = this.endOfExponent(i)
    this.at = i
    if (digits > EXACT_DIGITS || !plain) return finite(Number(bytes.toString('latin1', start, i)))
    if (decimals > 0) value /= POWERS[decimals]!
    return negative ? -value : value
  }

  /** A text in quotes, `at` moves behind it; null: none, or one with escapes or beyond ASCII. */
  quoted(): string | null {
    const { bytes } = this
    if (bytes[this.at] !== QUOTE) return null
    const start = this.at + 1
    let end = start
    let hash = 0
    let byte = bytes[end]!
    while (byte !== QUOTE) {
      if (byte < 0x20 || byte === BACKSLASH || byte >= 0x80) return null
      hash = Math.imul(hash ^ byte, 0x01000193)
      byte = bytes[++end]!
    }
    this.at = end + 1
    return this.known(start, end, hash)
  }

  /** The text from `start` to `end`; null: beyond ASCII. */
  plain(start: number, end: number): string | null {
    const { bytes } = this
    let hash = 0
    for (let i = start; i < end; i++) {
      const byte = bytes[i]!
      if (byte >= 0x80) return null
      hash = Math.imul(hash ^ byte, 0x01000193)
    }
    return this.known(start, end, hash)
  }

  private known(start: number, end: number, hash: number): string {
    const { bytes } = this
    if (end - start > MAX_KNOWN) return bytes.toString('latin1', start, end)
    const slot = (hash ^ (hash >>> 15)) & (TEXT_SLOTS - 1)
    const before = known[slot]!
    if (isThere(before, bytes, start, end)) return before
    return (known[slot] = bytes.toString('latin1', start, end))
  }

  /** After the digits; where there are none, what is there is no number. */
  private endOfExponent(e: number): number {
    const { bytes } = this
    let i = e + 1
    if (bytes[i] === MINUS || bytes[i] === PLUS) i++
    while (bytes[i]! >= ZERO && bytes[i]! <= NINE) i++
    return i
  }
}

function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.NaN
}

function isThere(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[start + i]) return false
  return true
}
