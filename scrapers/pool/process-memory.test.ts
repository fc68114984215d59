import { expect, test } from 'vitest'
import { atMost } from './process-memory.ts'

test('of what processes map, only the most of one is counted; what is their own, of each', () => {
  expect(atMost([])).toBe(0)
  expect(atMost([{ pid: 1, rss: 100, file: 60 }])).toBe(100)
  expect(
    atMost([
      { pid: 1, rss: 100, file: 60 },
      { pid: 2, rss: 80, file: 50 },
      { pid: 3, rss: 90, file: 70 },
    ]),
  ).toBe(40 + 30 + 20 + 70)
})
