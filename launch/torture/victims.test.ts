import { expect, test } from 'vitest'
import { REDIS, victims } from './victims.ts'

const NAMES = ['engine-1', 'engine-2', 'api', 'producer-1']

function first(seed: number, n: number): string[] {
  const order = victims(seed, NAMES)
  return Array.from({ length: n }, () => order.next().value)
}

test('in two rounds everybody comes twice and Redis once, nobody twice in a row', () => {
  for (let seed = 1; seed < 50; seed++) {
    const order = first(seed, 18)
    const times = (name: string): number => order.slice(0, 9).filter((each) => each === name).length
    expect(NAMES.map(times)).toEqual([2, 2, 2, 2])
    expect(times(REDIS)).toBe(1)
    for (const [i, name] of order.entries()) expect(order[i + 1]).not.toBe(name)
  }
})

test('the seed decides', () => {
  expect(first(7, 30)).toEqual(first(7, 30))
  expect(first(7, 30)).not.toEqual(first(8, 30))
})
