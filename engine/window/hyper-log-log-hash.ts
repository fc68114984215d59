/**
 * The 64-bit hash of a value that is counted by `distinct`: HalfSipHash-2-4 (Aumasson, Bernstein; INDOCRYPT 2012,
 * 32-bit words) under one fixed key, over the UTF-16 code units of a text or the eight bytes of a double.
 *
 * The key is no secret: it is fixed so that every worker, and every snapshot, has the same bits. Whoever chooses
 * the values can therefore make a count lie, as whoever sends events always can.
 */

/** Both halves as unsigned 32-bit numbers. */
export interface Hash64 {
  high: number
  low: number
}

const KEY_LOW = 0x03020100
const KEY_HIGH = 0x07060504

const v = new Int32Array(4)
const double = new Float64Array(1)
const words = new Int32Array(double.buffer)

/** Writes the hash of `value` into `out`. A field has one type, so values of different types need not differ. */
export function hashValue(value: string | number | boolean, out: Hash64): void {
  v[0] = KEY_LOW
  v[1] = KEY_HIGH ^ 0xee
  v[2] = 0x6c796765 ^ KEY_LOW
  v[3] = 0x74656462 ^ KEY_HIGH
  const bytes = typeof value === 'string' ? text(value) : number(Number(value))
  absorb(bytes)
  v[2] ^= 0xee
  rounds(4)
  out.low = (v[1] ^ v[3]) >>> 0
  v[1] ^= 0xdd
  rounds(4)
  out.high = (v[1] ^ v[3]) >>> 0
}

/** All whole words of a text; returns the last word, which holds the rest and the length in bytes modulo 256. */
function text(value: string): number {
  const whole = value.length & ~1
  for (let i = 0; i < whole; i += 2) absorb(value.charCodeAt(i) | (value.charCodeAt(i + 1) << 16))
  const last = (value.length * 2) << 24
  return whole === value.length ? last : last | value.charCodeAt(whole)
}

function number(value: number): number {
  // -0 is the same number as 0.
  double[0] = value + 0
  absorb(words[0]!)
  absorb(words[1]!)
  return 8 << 24
}

function absorb(word: number): void {
  v[3]! ^= word
  rounds(2)
  v[0]! ^= word
}

function rounds(n: number): void {
  let [a, b, c, d] = [v[0]!, v[1]!, v[2]!, v[3]!]
  for (let i = 0; i < n; i++) {
    a = (a + b) | 0
    b = ((b << 5) | (b >>> 27)) ^ a
    a = (a << 16) | (a >>> 16)
    c = (c + d) | 0
    d = ((d << 8) | (d >>> 24)) ^ c
    a = (a + d) | 0
    d = ((d << 7) | (d >>> 25)) ^ a
    c = (c + b) | 0
    b = ((b << 13) | (b >>> 19)) ^ c
    c = (c << 16) | (c >>> 16)
  }
  v[0] = a
  v[1] = b
  v[2] = c
  v[3] = d
}
