import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_HOLE, MAX_PRODUCERS, MAX_RANGES, Producers, SHIPPER } from './sequence.ts'

const DAY = 86_400_000
const NOW = 1_700_000_000_000
const ID = `p~${NOW}~a`
const FORGOTTEN = 'producer forgotten: 1 events not counted'

/** Fresh rows of one send: their numbers. */
function freshOf(producers: Producers, seq: number, n: number, from = ID, at = NOW): number[] {
  const accepted = producers.accept(from, seq, n, at)
  if (accepted.verdict === 'refused') return []
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
  const producers = new Producers({ horizon: DAY })
  const old = `p~${NOW - DAY - 1}~a`
  expect(producers.accept(old, 5, 1, NOW)).toEqual({ verdict: 'refused', reason: FORGOTTEN })
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
  expect(producers.accept('one more', 0, 1, NOW)).toEqual({ verdict: 'refused', reason: FORGOTTEN })
  expect(producers.accept('id5', 1, 1, NOW)).toEqual({ verdict: 'all' })
  expect(producers.accept(`${SHIPPER}trades.0`, 0, 1, NOW)).toEqual({ verdict: 'all' })
  for (let i = 0; i < MAX_PRODUCERS + 5; i++) producers.accept(`${SHIPPER}fake.${i}`, 0, 1, NOW)
  expect(producers.states.size).toBe(2 * MAX_PRODUCERS)
  expect(producers.acks()[0]).toEqual([`${SHIPPER}trades.0`, 0])
})

test('a hole longer than a failover can make is refused, and what is known of the producer stays as it was', () => {
  const producers = new Producers()
  freshOf(producers, 0, 10)
  expect(producers.accept(ID, 1e15 - 1, 3, NOW)).toEqual({
    verdict: 'refused',
    reason: 'number 999999999999999 after 9 is too far ahead: 3 events not counted',
  })
  expect(producers.missing).toBe(0)
  expect(freshOf(producers, 10, 5)).toEqual([10, 11, 12, 13, 14])
  expect(freshOf(producers, 15 + MAX_HOLE, 1)).toEqual([15 + MAX_HOLE])
  expect(producers.missing).toBe(MAX_HOLE)
  expect(freshOf(producers, 15, 2)).toEqual([15, 16])
})

test('a stranger that begins far up adds no more than one longest hole, which it may fill', () => {
  const producers = new Producers()
  expect(freshOf(producers, 1e15 - 1, 2)).toHaveLength(2)
  expect(producers.missing).toBe(MAX_HOLE)
  expect(freshOf(producers, 1e15 - 11, 10)).toHaveLength(10)
  expect(freshOf(producers, 0, 10)).toEqual([])
  expect(producers.missing).toBe(MAX_HOLE - 10)
})

test('a shipper of the engine is never refused: its numbers are the engine’s own', () => {
  const producers = new Producers()
  freshOf(producers, 0, 1, `${SHIPPER}trades.0`)
  expect(freshOf(producers, 1e12, 1, `${SHIPPER}trades.0`)).toEqual([1e12])
  expect(producers.missing).toBe(MAX_HOLE)
})

/** Saved to text and blocks and loaded again, as a recovery does; `blocks` are those of all snapshots so far. */
function reloaded(producers: Producers, blocks: Map<string, Buffer>, limits: object): Producers {
  const names: string[] = []
  const retired = JSON.parse(JSON.stringify(producers.save(blocks, names))) as ReturnType<Producers['save']>
  for (const name of blocks.keys()) if (!names.includes(name)) blocks.delete(name)
  const loaded = new Producers(limits)
  const states = JSON.parse(JSON.stringify(producers.toJSON())) as ReturnType<Producers['toJSON']>
  loaded.restore(states, producers.missing, retired, blocks)
  return loaded
}

test('however many producers come and go, no row counts twice, and one that is refused may be a resend', () => {
  const limits = { producers: 4, retired: 3 }
  const send = fc.record({
    who: fc.nat({ max: 25 }),
    seq: fc.nat({ max: 6 }),
    n: fc.integer({ min: 1, max: 3 }),
  })
  fc.assert(
    fc.property(fc.array(send, { minLength: 20, maxLength: 120 }), fc.nat({ max: 9 }), (sends, cut) => {
      let producers = new Producers(limits)
      const blocks = new Map<string, Buffer>()
      const counted = new Set<string>()
      const known = new Set<number>()
      for (const [i, { who, seq, n }] of sends.entries()) {
        if (i % 10 === cut) producers = reloaded(producers, blocks, limits)
        const from = `p${who}~${NOW + who}~a`
        const accepted = producers.accept(from, seq, n, NOW + 100 + i)
        const fresh = accepted.verdict === 'refused' ? [] : accepted.verdict === 'all' ? null : accepted.fresh
        for (let k = 0; k < n; k++) {
          if (fresh !== null && !fresh[k]) continue
          expect(counted.has(`${who} ${seq + k}`), 'counted once').toBe(false)
          counted.add(`${who} ${seq + k}`)
        }
        // Refused is only who was here before, or began before somebody who was forgotten altogether.
        if (accepted.verdict === 'refused') expect([...known].some((other) => other >= who)).toBe(true)
        else known.add(who)
        expect(producers.states.size).toBeLessThanOrEqual(4)
      }
    }),
    { numRuns: 100 },
  )
})

test('a producer that was retired goes on where it was, unless it had holes', () => {
  const producers = new Producers({ producers: 2 })
  freshOf(producers, 0, 5, `whole~${NOW}~a`)
  freshOf(producers, 0, 5, `torn~${NOW}~a`)
  freshOf(producers, 7, 1, `torn~${NOW}~a`)
  for (const name of ['b', 'c']) freshOf(producers, 0, 1, `${name}~${NOW}~a`)
  expect([...producers.states.keys()]).toEqual([`b~${NOW}~a`, `c~${NOW}~a`])
  expect(freshOf(producers, 3, 4, `whole~${NOW}~a`)).toEqual([5, 6])
  expect(producers.accept(`torn~${NOW}~a`, 5, 1, NOW)).toEqual({ verdict: 'refused', reason: FORGOTTEN })
  expect(freshOf(producers, 8, 1, `torn~${NOW}~a`)).toEqual([8])
  expect(producers.missing).toBe(2)
})

test('a clock far ahead does not make everybody else a forgotten producer', () => {
  const producers = new Producers({ producers: 1, retired: 1 })
  for (let i = 0; i < 6; i++) producers.accept(`far${i}~${NOW + 50 * DAY}~a`, 0, 1, NOW)
  expect(producers.accept(`old~${NOW}~a`, 0, 1, NOW)).toMatchObject({ verdict: 'refused' })
  expect(producers.accept(`new~${NOW + 1}~a`, 0, 1, NOW + 1)).toEqual({ verdict: 'all' })
})
