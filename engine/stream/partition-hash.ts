/** Which partition a key belongs to: FNV-1a, 32 bits, over the key's UTF-8 bytes. Pinned: a change would move keys. */

const OFFSET_BASIS = 0x811c9dc5
const PRIME = 0x01000193

/** Partition (0 … partitions - 1) of a key. Numbers hash as their decimal text, as flat fields arrive. */
export function partitionOf(key: string, partitions: number): number {
  return fnv1a(key) % partitions
}

/** FNV-1a over UTF-8, written out because TextEncoder would cost an allocation per event. */
export function fnv1a(text: string): number {
  let hash = OFFSET_BASIS
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) {
      hash = Math.imul(hash ^ unit, PRIME)
      continue
    }
    const point = text.codePointAt(i)!
    if (point > 0xffff) i++
    for (const byte of bytesOf(point)) hash = Math.imul(hash ^ byte, PRIME)
  }
  return hash >>> 0
}

function bytesOf(point: number): number[] {
  // A lone surrogate is no character: encoders write U+FFFD in its place, so we do as well.
  if (point >= 0xd800 && point <= 0xdfff) return [0xef, 0xbf, 0xbd]
  if (point < 0x800) return [0xc0 | (point >> 6), 0x80 | (point & 63)]
  if (point < 0x10000) return [0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63)]
  return [0xf0 | (point >> 18), 0x80 | ((point >> 12) & 63), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63)]
}
