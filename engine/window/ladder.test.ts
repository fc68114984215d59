import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Ladder, type OnPane } from './ladder.ts'
import type { Pane } from './pane.ts'
import { decodePane, encodePane } from './pane-codec.ts'
import { COUNT, shapeOf, SUM } from './shape.ts'

const SIZES = [10_000, 60_000, 600_000, 3_600_000, 86_400_000]
const shape = shapeOf({ of: 'v', stats: ['mean', 'stddev', 'p95'] })
const ladderOf = (keep = [60_000, 0, 0, 0, 0]): Ladder => new Ladder(shape, SIZES, keep)
const START = Date.UTC(2026, 0, 5)

/** What has been emitted of each pane and group; a later emission writes over an earlier one. */
class Emitted {
  readonly counts = new Map<string, number>()
  times = 0
  readonly on: OnPane = (rung, pane, groups) => {
    this.times++
    for (let i = 0; i < groups.size; i++)
      this.counts.set(`${rung} ${pane.number} ${groups.at(i)}`, pane.get(groups.at(i), COUNT))
  }
}

const panesIn = (ladder: Ladder): number => ladder.panes.reduce((sum, panes) => sum + panes.size, 0)

test('an event that comes late amends its pane and every closed coarser one, and only its group', () => {
  const ladder = ladderOf()
  const emitted = new Emitted()
  const late = START + 5000
  for (const group of [0, 1]) for (let i = 0; i < 8; i++) ladder.add(START + i * 10_000, group, true, 1)
  ladder.turn(START + 2 * 3_600_000, START, emitted.on)
  expect(emitted.counts.get(`3 ${START / 3_600_000} 0`)).toBe(8)
  ladder.add(late, 1, true, 5)
  const before = emitted.times
  ladder.turn(START + 2 * 3_600_000 + 10_000, START, emitted.on)
  expect(emitted.times - before).toBe(4)
  for (const [rung, size] of SIZES.slice(0, 4).entries()) {
    expect(emitted.counts.get(`${rung} ${Math.floor(late / size)} 1`)).toBe([2, 7, 9, 9][rung])
  }
  expect(emitted.counts.get(`3 ${START / 3_600_000} 0`)).toBe(8)
  // The day is still open: it takes the amended hour in when it closes.
  ladder.turn(START + 86_400_000, START, emitted.on)
  expect(emitted.counts.get(`4 ${START / 86_400_000} 1`)).toBe(9)
})

test('every rung ends with exactly the events of its span, however late they came within the lateness', () => {
  const event = fc.record({
    at: fc.nat({ max: 7_200_000 }),
    delay: fc.nat({ max: 300_000 }),
    group: fc.nat({ max: 3 }),
  })
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 60 }), (events) => {
      const ladder = ladderOf()
      const emitted = new Emitted()
      const lateness = 300_000
      for (const { at, delay, group } of events.toSorted((a, b) => a.at + a.delay - b.at - b.delay)) {
        const now = START + at + delay
        ladder.turn(now, now - lateness, emitted.on)
        ladder.add(START + at, group, true, 1)
        ladder.settle(now, now - lateness, emitted.on)
      }
      const end = START + 2 * 86_400_000
      ladder.turn(end, end, emitted.on)
      ladder.turn(end + 86_400_000, end + 86_400_000, emitted.on)
      const exact = new Map<string, number>()
      for (const { at, group } of events) {
        for (const [rung, size] of SIZES.entries()) {
          const key = `${rung} ${Math.floor((START + at) / size)} ${group}`
          exact.set(key, (exact.get(key) ?? 0) + 1)
        }
      }
      expect(emitted.counts).toEqual(exact)
      expect(panesIn(ladder)).toBe(0)
    }),
    { numRuns: 60 },
  )
})

test('more than a day of ten-second panes leave a bounded number of them', () => {
  const ladder = ladderOf([3_660_000, 0, 0, 0, 0])
  let most = 0
  for (let at = START; at < START + 1.2 * 86_400_000; at += 10_000) {
    ladder.add(at, 0, true, 1)
    ladder.turn(at, at - 60_000, () => undefined)
    most = Math.max(most, panesIn(ladder))
  }
  // An hour and a bit of the finest, and of the others what their coarser pane still needs.
  expect(most).toBeLessThan(370 + 12 + 8 + 8 + 26)
})

test('history loaded into a live log is bounded too: what is final is dropped as the watermark passes', () => {
  const ladder = ladderOf()
  const now = START + 30 * 86_400_000
  ladder.turn(now, START, () => undefined)
  let most = 0
  for (let at = START; at < START + 86_400_000; at += 10_000) {
    ladder.add(at, 0, true, 1)
    ladder.settle(now, at - 60_000, () => undefined)
    most = Math.max(most, panesIn(ladder))
  }
  expect(most).toBeLessThan(70)
})

test('a jump over a year costs what is there, not what is skipped', () => {
  const ladder = ladderOf()
  const emitted = new Emitted()
  ladder.add(START, 0, true, 1)
  const year = START + 366 * 86_400_000
  ladder.turn(year, year, emitted.on)
  expect(emitted.times).toBe(5)
  expect(panesIn(ladder)).toBe(0)
})

test('open panes are shown as they stand, and their real close writes over them', () => {
  const ladder = ladderOf()
  const emitted = new Emitted()
  for (const offset of [0, 30_000, 700_000]) ladder.add(START + offset, 0, true, 2)
  ladder.turn(START + 60_000, START, emitted.on)
  ladder.provisional(emitted.on)
  expect(emitted.counts.get(`3 ${START / 3_600_000} 0`)).toBe(3)
  ladder.add(START + 800_000, 0, true, 2)
  ladder.turn(START + 3_600_000, START, emitted.on)
  expect(emitted.counts.get(`3 ${START / 3_600_000} 0`)).toBe(4)
  expect(emitted.counts.get(`1 ${START / 60_000} 0`)).toBe(2)
})

test('a pane comes back from its bytes bit for bit: order, cells, sketches, what was amended', () => {
  const add = fc.record({
    group: fc.constantFrom(0, 1, 63, 64, 700),
    value: fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }),
    matched: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(add, { maxLength: 50 }), fc.array(add, { maxLength: 8 }), (adds, amends) => {
      const ladder = ladderOf()
      for (const { group, matched, value } of adds) ladder.add(START, group, matched, value)
      if (amends.length > 0) ladder.turn(START + 20_000, START, () => undefined)
      for (const { group, matched, value } of amends) ladder.add(START, group, matched, value)
      for (const pane of ladder.panes[0]!.values()) {
        const bytes = encodePane(pane, shape)
        const back = decodePane(bytes, shape, ladder)
        expect(encodePane(back, shape)).toEqual(bytes)
        expect(stateOf(back)).toEqual(stateOf(pane))
        expect(back.dirty).toBe(false)
      }
    }),
    { numRuns: 80 },
  )
})

test('bytes that were cut or are of another version are refused', () => {
  const ladder = ladderOf()
  ladder.add(START, 3, true, 5)
  const [pane] = ladder.panes[0]!.values()
  const bytes = encodePane(pane!, shape)
  expect(() => decodePane(bytes.subarray(0, -1), shape, ladder)).toThrow(RangeError)
  expect(() => decodePane(Buffer.concat([Buffer.of(9, 0, 0, 0), bytes.subarray(4)]), shape, ladder)).toThrow(
    'version 9',
  )
})

test('sums of a merged pane have the bits of adding its parts in order', () => {
  const ladder = ladderOf()
  const parts = [0.1, 0.2, 0.3, 1e15, -1e15, 0.7]
  for (const [i, value] of parts.entries()) ladder.add(START + i * 10_000, 0, true, value)
  let sum = Number.NaN
  ladder.turn(START + 60_000, START, (rung, pane) => {
    if (rung === 1) sum = pane.get(0, SUM)
  })
  expect(sum).toBe(parts.reduce((a, b) => a + b, 0))
})

function stateOf(pane: Pane): unknown {
  const ids = Array.from({ length: pane.touched.size }, (_, i) => pane.touched.at(i))
  return {
    number: pane.number,
    closed: pane.closed,
    changed: Array.from({ length: pane.changed?.size ?? 0 }, (_, i) => pane.changed!.at(i)),
    cells: ids.map((id) => [
      id,
      ...Array.from({ length: shape.stride }, (_, k) => pane.get(id, k)),
      pane.sketches!.list(pane.head(id)),
    ]),
  }
}

test('history that goes quiet: what was amended since the last turn is emitted too', () => {
  const ladder = ladderOf()
  const emitted = new Emitted()
  ladder.add(START, 0, true, 1)
  ladder.turn(START + 60_000, START - 1, emitted.on)
  ladder.add(START + 1000, 0, true, 1)
  ladder.provisional(emitted.on)
  for (const rung of [0, 1, 2, 3])
    expect(emitted.counts.get(`${rung} ${Math.floor(START / SIZES[rung]!)} 0`)).toBe(2)
})
