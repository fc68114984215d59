/** A 64-bit hash of a text, pinned: snapshots hold such hashes, so it may never change. */

/**
 * Writes the hash to `into[0]` and `into[1]`. Two lanes of 32 bits; every step maps the pair one to one, so no
 * text loses what tells it from another until the two meet by chance. Not against somebody who looks for collisions.
 */
export function hash64(text: string, into: Int32Array): void {
  let a = 0x243f6a88 | 0
  let b = 0x85a308d3 | 0
  for (let i = 0; i < text.length; i++) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x9e3779b1)
    a ^= a >>> 15
    b = Math.imul((b + a) | 0, 0x85ebca77)
    b ^= b >>> 13
  }
  a = mix(a ^ text.length)
  b = mix((b + a) | 0)
  into[0] = mix((a + b) | 0)
  into[1] = b
}

/** Every bit of the word bears on every other. */
function mix(word: number): number {
  let h = word
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d)
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b)
  return h ^ (h >>> 16)
}
