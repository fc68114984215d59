import { expect, test } from 'vitest'
import { hash64 } from './hash64.ts'

const into = new Int32Array(2)
function hex(text: string): string {
  hash64(text, into)
  return [...into].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
}

test('the hash is pinned: snapshots hold it', () => {
  expect(['', 'a', 'order-1', 'ü€😀', 'x'.repeat(200)].map(hex)).toMatchInlineSnapshot(`
    [
      "ecd9be496a087386",
      "00aa0f4c003f3989",
      "b479cbd544e82d36",
      "19359d98459d4afc",
      "86238648b9deea6c",
    ]
  `)
})

test('ids as people make them do not collide, and fill the slots of a table evenly', () => {
  const makers: ((i: number) => string)[] = [
    String,
    (i) => `order-${i}`,
    (i) => `${1_700_000_000_000 + i}`,
    (i) => `${i.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`,
    (i) => `${'0'.repeat(30)}${String.fromCodePoint(33 + (i % 90))}${i}`,
  ]
  for (const make of makers) {
    const seen = new Set<number>()
    const slots = new Uint8Array(65_536)
    for (let i = 0; i < 50_000; i++) {
      hash64(make(i), into)
      seen.add((into[0]! >>> 0) * 2 ** 21 + (into[1]! >>> 11))
      slots[into[0]! & 65_535]!++
    }
    expect(seen.size, make(7)).toBe(50_000)
    expect(Math.max(...slots), make(7)).toBeLessThan(14)
  }
})
