/** The protocol explored: random interleavings leave the partition what its log says, and no part of it is spare. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Mutant, World } from './protocol-world.fixture.ts'

const WEIGHTS: [number, string][] = [
  [8, 'send'],
  [1, 'send again'],
  [4, 'acquire'],
  [4, 'read'],
  [1, 'read the deposed'],
  [3, 'commit'],
  [6, 'work'],
  [1, 'resend'],
  [1, 'rebuild'],
  [3, 'deliver'],
  [1, 'crash'],
  [1, 'expire'],
  [1, 'fail over'],
]
const step = fc.tuple(
  fc.oneof(...WEIGHTS.map(([weight, kind]) => ({ weight, arbitrary: fc.constant(kind) }))),
  fc.constantFrom(0 as const, 1 as const),
  fc.nat(99),
)
const steps = fc.array(step, { minLength: 20, maxLength: 80, size: 'max' })

function troubleOf(moves: (readonly [string, 0 | 1, number])[], mutant: Mutant): World {
  const world = new World(mutant)
  for (const move of moves) world.step(...move)
  world.settle()
  return world
}

test('whatever is lost, late, doubled, paused, killed or rolled back: state, outputs and position are those of the log (I1–I8)', () => {
  let commits = 0
  fc.assert(
    fc.property(steps, (moves) => {
      const world = troubleOf(moves, 'none')
      commits += world.commits
      expect(world.trouble).toEqual([])
    }),
    { numRuns: 2000 },
  )
  expect(commits).toBeGreaterThan(4000)
})

test.each<Mutant>(['bare commit ids', 'no commit ids', 'newest tail', 'no tails'])(
  'with %s instead, the exploration finds the harm',
  (mutant) => {
    const harmless = fc.property(steps, (moves) => troubleOf(moves, mutant).trouble.length === 0)
    expect(fc.check(harmless, { numRuns: 5000, endOnFailure: true }).failed).toBe(true)
  },
)
