/** The oracle sees what is wrong: it would be no proof otherwise. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Oracle, verdict } from './oracle.ts'
import { KEYS } from './row.ts'

function counted(rows: Iterable<[producer: number, serial: number]>): Oracle {
  const oracle = new Oracle()
  for (const [producer, serial] of rows) oracle.take(producer, serial)
  return oracle
}

test('different rows are counted once, in any order and however often they come', () => {
  const rows = fc.array(fc.tuple(fc.integer({ min: 1, max: 2 }), fc.nat(4 * KEYS)))
  fc.assert(
    fc.property(rows, fc.nat(4 * KEYS), (all, end) => {
      const oracle = counted([...all, ...all.toReversed()])
      const names = new Set(all.map(String))
      expect(oracle.distinct).toBe(names.size)
      const below = all.filter(([producer, serial]) => producer === 1 && serial < end)
      expect(oracle.below(1, end)).toBe(new Set(below.map(String)).size)
    }),
    { numRuns: 50 },
  )
})

const whole = Array.from({ length: 1000 }, (_, serial): [number, number] => [1, serial])

test('one row more in the log than the engine counted is lost, one less is doubled', () => {
  const cut = { name: 'torture.0', counted: 999 }
  const lost = verdict([{ ...cut, distinct: counted(whole).distinct }], [])
  expect(lost).toEqual({ events: 1000, lost: 1, doubled: 0, problem: 'torture.0 counted 999 of 1000' })
  const without = counted(whole.filter(([, serial]) => serial !== 500 && serial !== 501))
  expect(verdict([{ ...cut, distinct: without.distinct }], [])).toMatchObject({ lost: 0, doubled: 1 })
})

test('what is lost here and doubled there does not cancel out', () => {
  const cuts = [
    { name: 'torture.0', distinct: 10, counted: 9 },
    { name: 'torture.1', distinct: 10, counted: 11 },
  ]
  expect(verdict(cuts, [])).toMatchObject({ events: 20, lost: 1, doubled: 1 })
})

test('an acknowledged row that is in no log is lost, wherever it is missing', () => {
  for (const gone of [0, 63, 500, 999]) {
    const oracle = counted(whole.filter(([, serial]) => serial !== gone))
    const rows = 1000 - oracle.below(1, 1000)
    const cuts = [{ name: 'torture.0', distinct: oracle.distinct, counted: oracle.distinct }]
    expect(verdict(cuts, [{ name: 'producer 1', rows }])).toEqual({
      events: 1000,
      lost: 1,
      doubled: 0,
      problem: '1 acknowledged rows of producer 1 are in no log',
    })
  }
  expect(1000 - counted(whole).below(1, 1000)).toBe(0)
})
