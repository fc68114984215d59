import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_PRODUCERS, MAX_RANGES, Producers, SHIPPER } from './sequence.ts'

const DAY = 86_400_000
const NOW = 1_700_000_000_000
const ID = `p~${NOW}~a`

/** Fresh rows of one send: their numbers. */
function freshOf(producers: Producers, seq: number, n: number, from = ID, at = NOW): number[] {
  const accepted = producers.accept(from, seq, n, at)
  if (accepted.verdict === 'forgotten') return []
  const all = Array.from({ length: n }, (_, i) => seq + i)
  if (accepted.verdict === 'all') return all
  expect(accepted.count).toBe(accepted.fresh.filter(Boolean).length)
  return all.filter((_, i) => accepted.fresh[i])
}

test('every number counts once, whatever is resent, skipped or overlapping: a set of all seen says the same', () => {
  const send = fc.record({ seq: fc.nat({ max: 120 }), n: fc.integer({ min: 1, max: 12 }) })
  fc.assert(
    fc.property(fc.array(send, { maxLength: 40 }), fc.nat({ max: 40 }), (sends, cut) => {
      let producers = new Producers()
      const seen = new Set<number>()
      for (const [i, { seq, n }] of sends.entries()) {
        if (i === cut) {
          const saved = JSON.parse(JSON.stringify(producers.toJSON())) as ReturnType<Producers['toJSON']>
          const restored = new Producers()
          restored.restore(saved, producers.missing)
          producers = restored
        }
        const expected = Array.from({ length: n }, (_, k) => seq + k).filter((number) => !seen.has(number))
        expect(freshOf(producers, seq, n)).toEqual(expected)
        for (const number of expected) seen.add(number)
        expect(producers.missing).toBe(Math.max(-1, ...seen) + 1 - seen.size)
      }
    }),
    { numRuns: 200 },
  )
})

test('beyond 32 holes the oldest is given up: it stays missing, and its rows never count twice', () => {
  const producers = new Producers()
  for (let i = 0; i <= MAX_RANGES; i++) freshOf(producers, 2 * i + 1, 1)
  expect(producers.missing).toBe(MAX_RANGES + 1)
  expect(freshOf(producers, 0, 1)).toEqual([])
  expect(freshOf(producers, 2, 1)).toEqual([2])
  expect(producers.missing).toBe(MAX_RANGES)
})

test('a hole filled in pieces does not become more holes than are kept', () => {
  const producers = new Producers()
  freshOf(producers, 100_000, 1)
  for (let seq = 1; seq < 2000; seq += 2) freshOf(producers, seq, 1)
  expect(producers.states.get(ID)!.missing.length).toBeLessThanOrEqual(MAX_RANGES)
  // What was given up stays counted as missing: the accounting closes.
  expect(producers.missing).toBe(100_000 - 1000)
  expect(freshOf(producers, 0, 3)).toEqual([])
})

test('an unknown producer that began before the horizon and does not begin at 0 is refused, not counted', () => {
  const producers = new Producers(DAY)
  const old = `p~${NOW - DAY - 1}~a`
  expect(producers.accept(old, 5, 1, NOW)).toEqual({ verdict: 'forgotten' })
  expect(producers.missing).toBe(0)
  expect(producers.accept(old, 0, 1, NOW)).toEqual({ verdict: 'all' })
  expect(producers.accept(`p~${NOW - DAY}~a`, 5, 1, NOW)).toEqual({ verdict: 'all' })
  expect(producers.accept('file:x', 5, 1, NOW)).toEqual({ verdict: 'all' })
})

test('too many producers: the longest silent one goes, those without a start never', () => {
  const producers = new Producers()
  freshOf(producers, 0, 1, 'file:kept')
  freshOf(producers, 0, 1, `first~${NOW}~a`)
  freshOf(producers, 0, 1, `second~${NOW}~a`)
  freshOf(producers, 1, 1, `first~${NOW}~a`)
  for (let i = 3; i <= MAX_PRODUCERS; i++) freshOf(producers, 0, 1, `p${i}~${NOW}~a`)
  expect(producers.states.size).toBe(MAX_PRODUCERS)
  expect([...producers.states.keys()].slice(0, 2)).toEqual(['file:kept', `first~${NOW}~a`])
})

test('endless ids without a start are refused once there are too many; shippers of the engine are not', () => {
  const producers = new Producers()
  for (let i = 0; i < MAX_PRODUCERS; i++) producers.accept(`id${i}`, 0, 1, NOW)
  expect(producers.accept('one more', 0, 1, NOW)).toEqual({ verdict: 'forgotten' })
  expect(producers.accept('id5', 1, 1, NOW)).toEqual({ verdict: 'all' })
  expect(producers.accept(`${SHIPPER}trades.0`, 0, 1, NOW)).toEqual({ verdict: 'all' })
  for (let i = 0; i < MAX_PRODUCERS + 5; i++) producers.accept(`${SHIPPER}fake.${i}`, 0, 1, NOW)
  expect(producers.states.size).toBe(2 * MAX_PRODUCERS)
  expect(producers.acks()[0]).toEqual([`${SHIPPER}trades.0`, 0])
})
