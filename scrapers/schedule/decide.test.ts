/** Whatever happened meanwhile, each due time is run, or told once: as missed, paused, or ended with its process. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Claim, Missed } from '../../engine/index.ts'
import { type Timing, CATCH_UP, MAX_BACKLOG, ON_TIME_MS, afterwards, decide } from './decide.ts'

const PLAIN: Claim = {
  name: 'a',
  lane: 'http',
  due: 1000,
  planned: 1000,
  attempt: 0,
  asked: false,
  paused: null,
  owed: null,
}
const claim = (change: Partial<Claim> = {}): Claim => ({ ...PLAIN, ...change })
const minutely = (catchUp: Timing['catchUp']): Timing => ({ every: { interval: 60_000 }, catchUp })
const OUTAGE = 1000 + 5 * 60_000 + 20_000

test('on time it is run, whatever the policy', () => {
  for (const catchUp of CATCH_UP)
    expect(decide(claim(), minutely(catchUp), 1200)).toMatchObject({ run: 1000, missed: null, died: null })
})

test('after an outage: none, the newest, or one after another', () => {
  expect(decide(claim(), minutely('skip'), OUTAGE)).toMatchObject({
    run: null,
    missed: { due: 1000, count: 6, reason: 'missed' },
  })
  expect(decide(claim(), minutely('once'), OUTAGE)).toMatchObject({
    run: 301_000,
    missed: { due: 1000, count: 5 },
  })
  const all = decide(claim(), minutely('all'), OUTAGE)
  expect(all).toMatchObject({ run: 1000, missed: null })
  expect(afterwards(claim(), minutely('all'), all, OUTAGE, OUTAGE + 500)).toEqual({
    next: 61_000,
    missed: null,
  })
  const long = decide(claim(), minutely('all'), 1000 + 99 * 60_000)
  expect(long).toMatchObject({ run: 1000 + 76 * 60_000, missed: { due: 1000, count: 100 - MAX_BACKLOG } })
})

test('a run slower than its interval leaves turns out, and says so', () => {
  const taken = decide(claim(), minutely('once'), 1000)
  expect(afterwards(claim(), minutely('once'), taken, 1000, 150_000)).toEqual({
    next: 181_000,
    missed: { due: 61_000, count: 2, reason: 'missed', why: 'the run before was still going' },
  })
})

test('a run whose process died is done again while it is the newest, and given up where the next one dies, too', () => {
  expect(decide(claim({ attempt: 1 }), minutely('once'), 16_000)).toMatchObject({ died: null, run: 1000 })
  expect(decide(claim({ attempt: 2 }), minutely('once'), 31_000)).toMatchObject({ died: 1000, run: null })
  expect(decide(claim({ attempt: 1 }), minutely('once'), 61_000)).toMatchObject({
    died: 1000,
    run: 61_000,
    missed: null,
  })
})

test('while paused nothing is run but what is asked for', () => {
  const paused = { by: 'ann', since: 0 }
  expect(decide(claim({ paused }), minutely('once'), 62_000)).toMatchObject({
    run: null,
    missed: { due: 1000, count: 2, reason: 'paused', why: 'paused by ann' },
  })
  const asked = claim({ paused, asked: true, planned: 61_000 })
  expect(decide(asked, minutely('once'), 1500)).toMatchObject({ run: 1000, missed: null })
  expect(afterwards(asked, minutely('once'), decide(asked, minutely('once'), 1500), 1500, 99_000)).toEqual({
    next: 61_000,
    missed: null,
  })
})

test('a timing that changes meanwhile counts from now on, and what passed counts by the old one', () => {
  const [was, to] = [minutely('once'), { interval: 3_600_000 }]
  const taken = decide(claim(), was, 1000)
  expect(afterwards(claim(), was, taken, 1000, 150_000, to)).toMatchObject({
    next: 3_601_000,
    missed: { due: 61_000, count: 2 },
  })
  const backlog = decide(claim(), minutely('all'), OUTAGE)
  expect(afterwards(claim(), minutely('all'), backlog, OUTAGE, OUTAGE, to).missed).toMatchObject({ count: 5 })
  const asked = claim({ asked: true, planned: 7_000_000 })
  expect(afterwards(asked, was, decide(asked, was, 1000), 1000, 2000).next).toBe(62_000)
})

test('over any history every due time has exactly one end', () => {
  const step = fc.record({
    /** How long until somebody takes it, how long it runs, and whether its process dies. */
    wait: fc.integer({ min: 0, max: 400_000 }),
    runs: fc.integer({ min: 1, max: 200_000 }),
    dies: fc.boolean(),
    paused: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.constantFrom(...CATCH_UP), fc.array(step, { maxLength: 30 }), (catchUp, steps) => {
      const timing: Timing = { every: { interval: 10_000 }, catchUp }
      const ends: number[] = []
      const tell = ({ due, count }: Missed): void => {
        for (let i = 0; i < count; i += 1) ends.push(due + i * 10_000)
      }
      let now = 0
      let due = 0
      let attempt = 0
      for (const { wait, runs, dies, paused } of steps) {
        now = Math.max(now, due) + wait
        const taken = claim({ due, planned: due, attempt, paused: paused ? { by: 'ann', since: 0 } : null })
        const decision = decide(taken, timing, now)
        if (decision.died !== null) ends.push(decision.died)
        if (decision.missed) tell(decision.missed)
        if (decision.run !== null && (decision.died !== null || decision.missed)) {
          ;[due, attempt] = [decision.run, 0]
          continue
        }
        if (decision.run !== null) {
          if (timing.catchUp === 'skip' && attempt === 0)
            expect(now - decision.run).toBeLessThanOrEqual(Math.max(ON_TIME_MS, 0))
          if (dies) {
            attempt += 1
            continue
          }
          ends.push(decision.run)
        }
        const started = now
        now += decision.run === null ? 0 : runs
        const after = afterwards(taken, timing, decision, started, now)
        if (after.missed) tell(after.missed)
        ;[due, attempt] = [after.next!, 0]
      }
      expect(ends).toEqual(Array.from({ length: ends.length }, (_, i) => i * 10_000))
      expect(ends.length * 10_000).toBe(due)
    }),
  )
})
