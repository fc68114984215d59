import fc from 'fast-check'
import { expect, test } from 'vitest'
import { groupKey, groupLabels, MAX_GROUP_VALUE, OTHER } from './group-key.ts'
import { Groups } from './groups.ts'

const idsOf = (groups: Groups, names: string[]): number[] => names.map((name) => groups.idOfString(name))

test('ids are the lowest free ones, whatever the order of eviction', () => {
  const groups = new Groups(100)
  expect(idsOf(groups, ['a', 'b', 'c', 'd', 'e'])).toEqual([0, 1, 2, 3, 4])
  for (const id of [3, 0, 2]) groups.evict(id)
  expect(idsOf(groups, ['x', 'b', 'y', 'z', 'w'])).toEqual([0, 1, 2, 3, 5])
})

test('an evicted group that comes back is a new one, by string and by values', () => {
  const groups = new Groups(100)
  idsOf(groups, ['a', 'b'])
  groups.evict(0)
  expect(groups.idOfString('c')).toBe(0)
  expect(groups.idOfString('a')).toBe(2)
  expect(groups.idOfValues(['a'])).toBe(2)
  expect(groups.keys).toEqual(['["c"]', '["b"]', '["a"]'])
})

test('beyond the limit everything is counted under __other__, and gets its own group when there is room again', () => {
  const groups = new Groups(2)
  const [, b, other, alsoOther] = idsOf(groups, ['a', 'b', 'c', 'd'])
  expect(groups.keys[other!]).toBe(groupKey([OTHER]))
  expect(alsoOther).toBe(other)
  groups.idOfString('c')
  expect(groups.overflow).toBe(3)
  groups.evict(b!)
  groups.evict(0)
  // Else a worker that restarted, and forgot what 'c' was counted under, would count it elsewhere.
  expect(groups.keys[groups.idOfString('c')]).toBe('["c"]')
})

test('a restored directory goes on exactly as the one it was saved from', () => {
  const action = fc.oneof(
    fc.record({ evict: fc.nat({ max: 7 }) }),
    fc.record({ see: fc.constantFrom(...'abcdefghij') }),
  )
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), fc.nat({ max: 40 }), (actions, cut) => {
      const whole = new Groups(6)
      let restarted = new Groups(6)
      for (const [i, one] of actions.entries()) {
        if (i === cut) {
          const saved = restarted
          restarted = new Groups(6)
          restarted.restore([...saved.keys], saved.overflow)
        }
        for (const groups of [whole, restarted])
          if ('see' in one) groups.idOfString(one.see)
          else groups.evict(one.evict)
      }
      expect(restarted.keys).toEqual(whole.keys)
      expect(restarted.overflow).toBe(whole.overflow)
    }),
    { numRuns: 150 },
  )
})

test('evicting thirty thousand groups is quick', () => {
  const groups = new Groups(30_000)
  for (let i = 0; i < 30_000; i++) groups.idOfString(`g${i}`)
  // Time of this process: what others take on a busy machine is not counted.
  const from = process.cpuUsage()
  for (let i = 0; i < 30_000; i++) groups.evict(i)
  expect(groups.idOfString('again')).toBe(0)
  expect(process.cpuUsage(from).user).toBeLessThan(500_000)
  expect(groups.size).toBe(1)
})

test('keys cannot collide: separators, missing values, long values with one beginning', () => {
  const long = 'x'.repeat(MAX_GROUP_VALUE)
  const keys = [['a', 'b'], ['a","b'], ['a,b', ''], ['', null], [null, ''], [`${long}1`], [`${long}2`]].map(
    groupKey,
  )
  expect(new Set(keys).size).toBe(keys.length)
  expect(Math.max(...keys.map((key) => key.length))).toBeLessThan(MAX_GROUP_VALUE + 20)
  expect(groupKey([5])).toBe(groupKey(['5']))
  expect(groupLabels(['a', 'b'], groupKey(['x"y', null]))).toEqual({ a: 'x"y', b: '' })
})
