/**
 * The sketch held against an implementation that shares nothing with it: edges as exact integers (BigInt, scaled by
 * 10^60) found by repeated multiplication, buckets by comparing with every edge, counts in a Map, ranks by sorting.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BUCKETS, bucketOf, bucketValue } from './buckets.ts'
import { EMPTY, SketchArena } from './sketch.ts'

const SCALE = 10n ** 60n
/** Rounding of 2,400 products of doubles: as far as an edge in double arithmetic may be from the exact one. */
const ROUNDING = 1e-12

/** Lower bounds of buckets 1, 2, …: 1e-9 × (101/99)^i, exact to 60 decimals, up to 1e12. */
const edges: bigint[] = []
for (let edge = SCALE / 10n ** 9n; edge < SCALE * 10n ** 12n; edge = (edge * 101n) / 99n) edges.push(edge)

/** A double as the integer it is, times SCALE; doubles are fractions of powers of two, so this rounds down once. */
function scaled(value: number): bigint {
  let numerator = value
  let denominator = 1n
  while (!Number.isInteger(numerator)) {
    numerator *= 2
    denominator *= 2n
  }
  return (BigInt(numerator) * SCALE) / denominator
}

function referenceBucket(value: number): number {
  if (value === 0) return 0
  const magnitude = scaled(Math.abs(value))
  let bucket = 0
  while (bucket < edges.length && edges[bucket]! <= magnitude) bucket++
  return Math.sign(value) * Math.max(1, bucket)
}

/** Whether it lies so near to an edge that double arithmetic may put it on either side. */
function onAnEdge(value: number): boolean {
  const magnitude = scaled(Math.abs(value))
  return edges.some((edge) => Math.abs(Number(magnitude - edge)) <= Number(edge) * ROUNDING)
}

const magnitude = fc.oneof(
  fc.double({ min: -10, max: 13, noNaN: true }).map((power) => 10 ** power),
  fc.integer({ min: 1, max: 100_000 }),
  fc.integer({ min: 1, max: 100_000 }).map((cents) => cents / 100),
)
const anyValue = fc
  .tuple(magnitude, fc.constantFrom(1, 1, 1, -1, 0))
  .map(([value, sign]) => value * sign)
  .filter((value) => value === 0 || !onAnEdge(value))

test('there are as many buckets as exact arithmetic makes, each with its edge where that puts it', () => {
  expect(BUCKETS).toBe(edges.length)
  for (const [i, edge] of edges.entries()) {
    const exact = Number(edge) / Number(SCALE)
    expect(bucketOf(exact * (1 + ROUNDING))).toBe(i + 1)
    if (i > 0) expect(bucketOf(exact * (1 - ROUNDING))).toBe(i)
    const middle = bucketValue(i + 1)
    expect(Math.abs(middle - exact) / exact).toBeLessThanOrEqual(0.01 + ROUNDING * 10)
    expect(Math.abs(middle - (exact * 101) / 99) / ((exact * 101) / 99)).toBeLessThanOrEqual(
      0.01 + ROUNDING * 10,
    )
  }
})

test('every value falls into the bucket that exact arithmetic gives it', () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      expect(bucketOf(value)).toBe(referenceBucket(value))
    }),
    { numRuns: 500 },
  )
})

test('adding, merging and taking away leave the counts of the reference, and its quantiles at every rank', () => {
  const some = fc.array(anyValue, { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(some, some, some, (one, other, gone) => {
      const arena = new SketchArena()
      const far = new SketchArena()
      const sketch = (to: SketchArena, values: number[]): number =>
        values.reduce((head, value) => to.add(head, value), EMPTY)
      let head = sketch(arena, one)
      const leaving = sketch(far, gone)
      head = arena.merge(head, far, leaving)
      head = arena.merge(head, far, sketch(far, other))
      arena.subtract(head, far, leaving)

      const left = [...one, ...other]
      const counts = new Map<number, number>()
      for (const value of left)
        counts.set(referenceBucket(value), (counts.get(referenceBucket(value)) ?? 0) + 1)
      const expected = [...counts].sort(([a], [b]) => a - b).flat()
      expect(arena.list(head)).toEqual(expected)

      const sorted = left.toSorted((a, b) => a - b)
      for (const [rank, exact] of sorted.entries()) {
        const found = arena.quantile(
          head,
          sorted.length === 1 ? 0 : rank / (sorted.length - 1),
          sorted.length,
        )
        const at = Math.floor((sorted.length === 1 ? 0 : rank / (sorted.length - 1)) * (sorted.length - 1))
        expect(found).toBe(bucketValue(referenceBucket(sorted[at]!)))
        const clamped = Math.sign(exact) * Math.min(1e12, Math.max(1e-9, Math.abs(exact)))
        if (at === rank && exact !== 0)
          expect(Math.abs(found - clamped)).toBeLessThanOrEqual(Math.abs(clamped) * 0.0101)
      }
    }),
    { numRuns: 60 },
  )
})
