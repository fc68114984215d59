import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fnv1a, partitionOf } from './partition-hash.ts'

/** Any characters; fast-check's own unit 'binary' takes a second to build. */
const anyText = fc
  .array(fc.integer({ min: 0, max: 0x10ffff }))
  .map((points) => points.map((point) => String.fromCodePoint(point)).join(''))

test('published FNV-1a vectors', () => {
  expect(fnv1a('')).toBe(0x811c9dc5)
  expect(fnv1a('a')).toBe(0xe40c292c)
  expect(fnv1a('foobar')).toBe(0xbf9cf968)
})

test('pinned partitions: a key never moves', () => {
  const of8 = ['BTC-EUR', 'ETH-EUR', 'north-bank', '42', 'Zürich', '東京', '🦊'].map((key) =>
    partitionOf(key, 8),
  )
  expect(of8).toEqual([1, 5, 1, 3, 0, 7, 0])
})

test('any text hashes as its UTF-8 bytes', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      let hash = 0x811c9dc5
      for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193)
      expect(fnv1a(text)).toBe(hash >>> 0)
    }),
    { numRuns: 50 },
  )
})

test('a lone surrogate hashes as the replacement character', () => {
  expect(fnv1a('a\ud800b')).toBe(fnv1a('a\ufffdb'))
})
