/** Panes merged into coarser ones and into windows against brute force, with amendments and restarts on the way. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Hash64, hashValue } from './hyper-log-log-hash.ts'
import { Ladder, type OnPane } from './ladder.ts'
import { Pane } from './pane.ts'
import { decodePane, encodePane } from './pane-codec.ts'
import { PaneFold } from './pane-fold.ts'
import { COUNT, M2, MAX, MIN, shapeOf, SUM } from './shape.ts'

const SIZES = [10_000, 60_000, 600_000, 3_600_000]
const shape = shapeOf({ of: 'v', stats: ['stddev', 'p95', 'distinct'] })
const KEEP = [300_000, 3_600_000, 0, 0]
const LATENESS = 120_000
const START = Date.UTC(2026, 0, 5)
const hash: Hash64 = { high: 0, low: 0 }

interface Sample {
  at: number
  group: number
  value: number
}

function addTo(ladder: Ladder, { at, group, value }: Sample): void {
  hashValue(value, hash)
  ladder.add(START + at, group, true, value).distinct!.add(group, hash.high, hash.low)
}

/** What a worker that restarts has: the same panes out of their bytes. */
function restarted(ladder: Ladder): Ladder {
  const fresh = new Ladder(shape, SIZES, KEEP)
  fresh.restoreFrontier(JSON.parse(JSON.stringify(ladder.frontier())) as (number | null)[])
  for (const [rung, panes] of ladder.panes.entries()) {
    for (const pane of [...panes.values()].toSorted((a, b) => a.number - b.number))
      fresh.restorePane(rung, decodePane(encodePane(pane, shape), shape, fresh))
  }
  return fresh
}

type Facts = [count: number, sum: number, min: number, max: number, m2: number, distinct: number]

const facts = (get: (offset: number) => number, distinct: number): Facts => [
  get(COUNT),
  get(SUM),
  get(MIN),
  get(MAX),
  get(M2),
  distinct,
]

/** By brute force. M2 is within rounding only, so it is compared apart. */
function exactly(values: number[]): Facts {
  const sum = values.reduce((a, b) => a + b, 0)
  const mean = sum / values.length
  const m2 = values.reduce((a, value) => a + (value - mean) ** 2, 0)
  return [values.length, sum, Math.min(...values), Math.max(...values), m2, new Set(values).size]
}

function expectSame(found: Facts, exact: Facts, where: string): void {
  expect(Math.abs(found[4] - exact[4]), where).toBeLessThanOrEqual(1e-9 * Math.max(1, exact[4]))
  expect(found.toSpliced(4, 1), where).toEqual(exact.toSpliced(4, 1))
}

const samples = fc
  .array(
    fc.record({
      at: fc.nat({ max: 1_500_000 }),
      delay: fc.nat({ max: LATENESS }),
      group: fc.constantFrom(0, 1, 64),
      value: fc.integer({ min: -40, max: 1000 }),
    }),
    { minLength: 1, maxLength: 120 },
  )
  .map((list) => list.toSorted((a, b) => a.at + a.delay - b.at - b.delay))

test('every rung and every window equal brute force, in the same bits with restarts and without', () => {
  fc.assert(
    fc.property(samples, fc.array(fc.nat({ max: 119 }), { maxLength: 6 }), (events, cuts) => {
      const windows: string[][] = [[], []]
      const runs = [new Ladder(shape, SIZES, KEEP), new Ladder(shape, SIZES, KEEP)]
      const emitted = [new Map<string, Facts>(), new Map<string, Facts>()]
      const onPane = (run: number): OnPane => {
        return (rung, pane, groups) => {
          for (let i = 0; i < groups.size; i++) {
            const group = groups.at(i)
            emitted[run]!.set(
              `${rung} ${pane.number} ${group}`,
              facts((offset) => pane.get(group, offset), pane.distinct!.count(group)),
            )
          }
        }
      }
      const seen: Sample[] = []
      for (const [i, event] of events.entries()) {
        const now = START + event.at + event.delay
        if (cuts.includes(i)) runs[1] = restarted(runs[1]!)
        for (const [run, ladder] of runs.entries()) {
          ladder.turn(now, now - LATENESS, onPane(run))
          for (const [index, size] of [60_000, 300_000].entries()) {
            const to = Math.floor(now / 10_000)
            const fold = new PaneFold(shape)
            fold.read(ladder.panes[0]!, to - size / 10_000, to, size)
            for (const group of [0, 1, 64]) {
              const end = to * 10_000 - START
              const inside = seen.filter((s) => s.group === group && s.at >= end - size && s.at < end)
              expect(fold.count(group)).toBe(inside.length)
              if (inside.length === 0) continue
              const found = facts((offset) => fold.raw(group, offset), fold.stat('distinct', group)!)
              windows[run]!.push(`${i} ${index} ${group} ${found.join(' ')} ${fold.stat('stddev', group)}`)
              expectSame(found, exactly(inside.map((s) => s.value)), `window ${size} at ${i}`)
            }
          }
          addTo(ladder, event)
        }
        seen.push(event)
      }
      for (const [run, ladder] of runs.entries())
        ladder.turn(START + 2 * 3_600_000, START + 2 * 3_600_000, onPane(run))
      expect(windows[1]).toEqual(windows[0])
      expect(emitted[1]).toEqual(emitted[0])
      for (const [key, found] of emitted[0]!) {
        const [rung, number, group] = key.split(' ').map(Number) as [number, number, number]
        const inside = events.filter(
          (s) => s.group === group && Math.floor((START + s.at) / SIZES[rung]!) === number,
        )
        expectSame(found, exactly(inside.map((s) => s.value)), key)
      }
    }),
    { numRuns: 40 },
  )
}, 120_000)

test('merged in any tree, the deviation is that of all values and distinct has the same bits', () => {
  const parts = fc.array(
    fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 40 }),
    { minLength: 2, maxLength: 8 },
  )
  fc.assert(
    fc.property(parts, fc.infiniteStream(fc.nat()), (sets, random) => {
      const draw = (below: number): number => random.next().value! % below
      let panes = sets.map((values, i) => paneOf(i, values))
      while (panes.length > 1) {
        const [a] = panes.splice(draw(panes.length), 1)
        const [b] = panes.splice(draw(panes.length), 1)
        // Through its bytes now and then, as after a restart.
        const into =
          draw(2) === 0 ? a! : decodePane(encodePane(a!, shape), shape, new Ladder(shape, SIZES, KEEP))
        into.merge(0, b!)
        panes = [...panes, into]
      }
      const values = sets.flat()
      const [count, , , , m2] = exactly(values)
      const spread = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1)
      expect(panes[0]!.get(0, COUNT)).toBe(count)
      expect(Math.abs(panes[0]!.get(0, M2) - m2)).toBeLessThanOrEqual(1e-12 * spread * spread * count)
      expect(panes[0]!.distinct!.save(0)).toEqual(paneOf(0, values).distinct!.save(0))
    }),
    { numRuns: 80 },
  )
})

function paneOf(number: number, values: number[]): Pane {
  const pane = new Pane(number, shape)
  for (const value of values) {
    hashValue(value, hash)
    pane.add(0, true, value)
    pane.distinct!.add(0, hash.high, hash.low)
  }
  return pane
}
