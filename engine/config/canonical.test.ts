import { expect, test } from 'vitest'
import { canonical, shortHash } from './canonical.ts'

test('the order in which an object was built does not show', () => {
  const [one, other] = [
    { a: 1, b: [{ c: 2, d: undefined, e: 3 }] },
    { b: [{ e: 3, c: 2 }], a: 1 },
  ]
  expect(canonical(one)).toBe('{"a":1,"b":[{"c":2,"e":3}]}')
  expect(shortHash(one)).toBe(shortHash(other))
  expect(shortHash([1, 2])).not.toBe(shortHash([2, 1]))
})
