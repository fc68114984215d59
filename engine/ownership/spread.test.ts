import fc from 'fast-check'
import { expect, it } from 'vitest'
import { spread } from './spread.ts'

const partitions = Array.from({ length: 40 }, (_, i) => `s.${i}`)
const someWorkers = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), {
  minLength: 1,
  maxLength: 12,
})

it('every partition has one owner, nobody more than the cap, whatever the order of the view', () => {
  fc.assert(
    fc.property(someWorkers, fc.nat(), (workers, turn) => {
      const owners = spread(partitions, workers)
      expect(owners.size).toBe(40)
      const load = new Map<string, number>()
      for (const owner of owners.values()) load.set(owner, (load.get(owner) ?? 0) + 1)
      expect(Math.max(...load.values())).toBeLessThanOrEqual(Math.ceil(40 / workers.length))
      const turned = [...workers.slice(turn % workers.length), ...workers.slice(0, turn % workers.length)]
      expect(spread(partitions.toReversed(), turned)).toEqual(owners)
    }),
  )
})

it('not everything moves when a worker comes: at most half', () => {
  fc.assert(
    fc.property(someWorkers, (workers) => {
      const before = spread(partitions, workers)
      const after = spread(partitions, [...workers, 'the new one, with a long name'])
      const moved = partitions.filter((partition) => before.get(partition) !== after.get(partition)).length
      // The cap makes some partitions follow others out, so this is more than the newcomer's share.
      expect(moved).toBeLessThanOrEqual(20)
    }),
  )
})

it('without workers nobody owns anything', () => {
  expect(spread(partitions, []).size).toBe(0)
})
