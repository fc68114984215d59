import { expect, test } from 'vitest'
import { nearest, suggest } from './nearest.ts'

test.each([
  ['volme', 'volume'],
  ['Volume', 'volume'],
  ['vloume', 'volume'],
  ['pare', 'pair'],
  ['xyzzy', null],
  ['', null],
])('%s means %s', (word, expected) => expect(nearest(word, ['at', 'pair', 'volume'])).toBe(expected))

test('advice names what there is', () => {
  expect(suggest('volme', ['at', 'volume'])).toBe("Did you mean 'volume'? Known: at, volume.")
  expect(suggest('x', [])).toBe('There are none.')
})
