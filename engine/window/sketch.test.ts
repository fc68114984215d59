import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BUCKETS, bucketOf, bucketValue, RELATIVE_ERROR } from './buckets.ts'
import { EMPTY, SketchArena } from './sketch.ts'

/** Values over the whole range, both signs, zero, and what is clamped at both ends. */
const anyValue = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: -9, max: 12, noNaN: true }).map((power) => 10 ** power) },
  { weight: 3, arbitrary: fc.double({ min: -9, max: 12, noNaN: true }).map((power) => -(10 ** power)) },
  { weight: 1, arbitrary: fc.constantFrom(0, -0, 1e-9, -1e-9, 1, 1e12, -1e12) },
)
const someValues = fc.array(anyValue, { minLength: 1, maxLength: 60 })

/** Just inside the error promised, for the rounding of the middle itself. */
const within = (found: number, exact: number): boolean =>
  Math.abs(found - exact) <= Math.abs(exact) * RELATIVE_ERROR * (1 + 1e-9)

function sketchOf(arena: SketchArena, values: readonly number[], head = EMPTY): number {
  for (const value of values) head = arena.add(head, value)
  return head
}

test('every quantile is within 1 % of the exact one', () => {
  fc.assert(
    fc.property(someValues, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
      const arena = new SketchArena()
      const found = arena.quantile(sketchOf(arena, values), q, values.length)
      const exact = values.toSorted((a, b) => a - b)[Math.floor(q * (values.length - 1))]!
      expect(within(found, exact), `${found} for ${exact}`).toBe(true)
    }),
    { numRuns: 150 },
  )
})

test('values beyond the range are clamped to its ends, and no value at all is no quantile', () => {
  expect(bucketOf(1e-30)).toBe(1)
  expect(bucketOf(Number.MAX_VALUE)).toBe(BUCKETS)
  expect(bucketOf(Number.POSITIVE_INFINITY)).toBe(BUCKETS)
  expect(bucketOf(Number.NEGATIVE_INFINITY)).toBe(-BUCKETS)
  expect(within(bucketValue(bucketOf(1e12)), 1e12)).toBe(true)
  expect(new SketchArena().quantile(EMPTY, 0.5, 0)).toBeNaN()
})

test('bucket order is value order: a quantile walks the pages from low to high', () => {
  fc.assert(
    fc.property(anyValue, anyValue, (a, b) => {
      const [low, high] = a < b ? [a, b] : [b, a]
      expect(bucketOf(low)).toBeLessThanOrEqual(bucketOf(high))
    }),
    { numRuns: 200 },
  )
})

test('the edges are pinned: snapshots are read on other machines', () => {
  // The lowest double of a bucket, found by bisection over all doubles: what decides, not what Math.log guesses.
  const edges = Array.from({ length: 40 }, (_, i) => lowestOf(2 + i * Math.floor((BUCKETS - 2) / 40)))
  expect(BUCKETS).toBe(2418)
  expect(edges.every((edge, i) => i === 0 || edge > edges[i - 1]!)).toBe(true)
  const hash = createHash('sha256').update(Float64Array.from(edges)).digest('hex').slice(0, 16)
  expect(hash).toBe('dfe61064ea66d1bc')
})

test('an edge itself is the first value of its bucket', () => {
  for (let bucket = 2; bucket <= BUCKETS; bucket += 7) {
    const edge = lowestOf(bucket)
    expect([bucketOf(edge), bucketOf(before(edge)), bucketOf(-edge)]).toEqual([bucket, bucket - 1, -bucket])
    expect(within(bucketValue(bucket), edge)).toBe(true)
  }
})

test('merging is adding, whatever the order, and lists round-trip', () => {
  fc.assert(
    fc.property(someValues, someValues, (one, other) => {
      const arena = new SketchArena()
      const far = new SketchArena()
      const whole = arena.list(sketchOf(arena, [...one, ...other]))
      const merged = arena.merge(sketchOf(arena, one), far, sketchOf(far, other))
      const swapped = far.merge(sketchOf(far, other), arena, sketchOf(arena, one))
      expect(arena.list(merged)).toEqual(whole)
      expect(far.list(swapped)).toEqual(whole)
      const again = new SketchArena()
      expect(again.list(again.fromList(whole))).toEqual(whole)
    }),
    { numRuns: 80 },
  )
})

test('a reset sketch is empty, the others of its arena are not, and it can be filled again', () => {
  const arena = new SketchArena()
  const one = sketchOf(arena, [1, 1000, -5])
  const other = sketchOf(arena, [2, 2000])
  arena.reset(one)
  expect(arena.list(one)).toEqual([])
  expect(arena.quantile(other, 1, 2)).toBeCloseTo(2000, -2)
  const refilled = sketchOf(arena, [7], one)
  expect(arena.list(refilled)).toEqual([bucketOf(7), 1])
})

test('a cleared arena keeps nothing of what it held', () => {
  const arena = new SketchArena()
  sketchOf(arena, [1, 1e6, 1e-6, -3])
  arena.clear()
  expect(arena.list(sketchOf(arena, [42]))).toEqual([bucketOf(42), 1])
})

const word = new BigInt64Array(1)
const float = new Float64Array(word.buffer)
const bits = (value: number): bigint => ((float[0] = value), word[0]!)
const double = (pattern: bigint): number => ((word[0] = pattern), float[0]!)
const before = (value: number): number => double(bits(value) - 1n)

function lowestOf(bucket: number): number {
  let [low, high] = [bits(1e-10), bits(2e12)]
  while (high - low > 1n) {
    const middle = (low + high) / 2n
    if (bucketOf(double(middle)) < bucket) low = middle
    else high = middle
  }
  return double(high)
}
