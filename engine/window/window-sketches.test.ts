import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Ladder } from './ladder.ts'
import { PaneFold } from './pane-fold.ts'
import { decodePane, encodePane } from './pane-codec.ts'
import { shapeOf } from './shape.ts'

const SIZES = [10_000, 60_000]
const START = 1_764_000_000_000
const shape = shapeOf({ of: 'v', stats: ['mean', 'p50', 'p95', 'p99'] })

/** Time passes by `wait` panes, then comes an event `late` panes back. */
const step = fc.record({
  wait: fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 3, arbitrary: fc.constant(1) },
    fc.nat(12),
  ),
  late: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(9)),
  group: fc.nat(70),
  value: fc.oneof(fc.double({ min: 1, max: 1000, noNaN: true }), fc.constantFrom(-5, 0, 1e-9, 1e11)),
})

test('a window kept from slide to slide says what one read anew says, with late events and after a restart', () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 1, maxLength: 120 }),
      fc.constantFrom(1, 6, 9),
      (steps, length) => {
        let ladder = new Ladder(shape, SIZES, [120_000, 120_000])
        let kept = new PaneFold(shape)
        let pane = 0
        for (const [i, { wait, late, group, value }] of steps.entries()) {
          ladder.add(START + (pane - late) * 10_000, group, true, value)
          if (wait === 0) continue
          pane += wait
          ladder.turn(START + pane * 10_000, START + (pane - 10) * 10_000, () => undefined)
          const to = START / 10_000 + pane
          const anew = new PaneFold(shape)
          for (const fold of [kept, anew]) fold.read(ladder.panes[0]!, to - length, to, length * 10_000)
          expect(statsOf(kept)).toEqual(statsOf(anew))
          if (i % 5 === 4) ladder = copyOf(ladder)
          if (i % 7 === 6) kept = new PaneFold(shape)
        }
      },
    ),
    { numRuns: 150 },
  )
})

test('a window whose values move on forgets the pages they have left', () => {
  const ladder = new Ladder(shape, SIZES, [120_000, 0])
  const kept = new PaneFold(shape)
  for (let pane = 0; pane < 300; pane++) {
    for (let group = 0; group < 60; group++)
      ladder.add(START + pane * 10_000, group, true, 1e-8 * 1.15 ** pane)
    ladder.turn(START + (pane + 1) * 10_000, START + pane * 10_000, () => undefined)
    const to = START / 10_000 + pane + 1
    kept.read(ladder.panes[0]!, to - 6, to, 60_000)
    expect(kept.sketchPages).toBeLessThan(5000)
  }
})

function statsOf(fold: PaneFold): unknown {
  return Array.from({ length: 71 }, (_, group) =>
    (['count', 'mean', 'p50', 'p95', 'p99'] as const).map((stat) => fold.stat(stat, group)),
  )
}

/** The same panes in new objects, as after a restart. */
function copyOf(ladder: Ladder): Ladder {
  const copy = new Ladder(shape, SIZES, ladder.keep)
  copy.restoreFrontier(ladder.frontier())
  for (const [rung, panes] of ladder.panes.entries())
    for (const pane of [...panes.values()].sort((a, b) => a.number - b.number))
      copy.restorePane(rung, decodePane(encodePane(pane, shape), shape, copy))
  return copy
}
