import { expect, test } from 'vitest'
import { REDIS, victims } from './victims.ts'

const NAMES = ['engine-1', 'engine-2', 'engine-3', 'api', 'scrapers', 'producer-1', 'producer-2']

function first(seed: number, n: number): string[] {
  const order = victims(seed, NAMES)
  return Array.from({ length: n }, () => order.next().value)
}

test('in two rounds everybody comes twice and Redis once, no two of a kind in a row', () => {
  for (let seed = 1; seed < 50; seed++) {
    const order = first(seed, 30)
    const times = (name: string): number => order.slice(0, 15).filter((each) => each === name).length
    expect(NAMES.map(times)).toEqual([2, 2, 2, 2, 2, 2, 2])
    expect(times(REDIS)).toBe(1)
    const kinds = order.map((name) => name.split('-')[0])
    for (const [i, kind] of kinds.entries()) expect(kinds[i + 1]).not.toBe(kind)
  }
})

test('the seed decides', () => {
  expect(first(7, 30)).toEqual(first(7, 30))
  expect(first(7, 30)).not.toEqual(first(8, 30))
})
