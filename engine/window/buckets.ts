/**
 * The bucket boundaries of the quantile sketch: logarithmic, relative error 1 %, fixed range, never collapsed.
 *
 * DDSketch (Masson, Rim, Lee; VLDB 2019) with a fixed index range. The edges are made by IEEE multiplication
 * alone and found by comparing: `Math.log` is implementation-defined in ECMAScript and plays no part. The same
 * value has the same index on every machine, which is what lets a snapshot be read elsewhere.
 */

export const RELATIVE_ERROR = 0.01
const GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
const LOWEST = 1e-9
const HIGHEST = 1e12

/** EDGES[i] is the lower bound of bucket i + 1 (bucket 1 starts at 1e-9); values are clamped into the ends. */
const EDGES = edges()
/** Number of buckets of one sign. Bucket 0 is zero, 1…BUCKETS positive, -1…-BUCKETS negative. */
export const BUCKETS = EDGES.length
const TOP = EDGES[BUCKETS - 1]!

/**
 * The bits of a double, whose exponent and first six of the mantissa cut the numbers into cells less than 1.6 %
 * wide: narrower than a bucket, so that at most one edge lies in a cell.
 */
const float = new Float64Array(1)
const words = new Int32Array(float.buffer)
const HIGH = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 1 : 0
const CELL_SHIFT = 14
const FIRST_CELL = cellOf(LOWEST)
/** Bucket of the lower end of each cell. */
const BUCKET_OF_CELL = bucketsOfCells()

function edges(): Float64Array {
  const list: number[] = []
  for (let edge = LOWEST; edge < HIGHEST; edge *= GAMMA) list.push(edge)
  return Float64Array.from(list)
}

function cellOf(value: number): number {
  float[0] = value
  return words[HIGH]! >> CELL_SHIFT
}

function bucketsOfCells(): Int16Array {
  const buckets = new Int16Array(cellOf(TOP) - FIRST_CELL + 1)
  let bucket = 1
  words[1 - HIGH] = 0
  for (const cell of buckets.keys()) {
    words[HIGH] = (FIRST_CELL + cell) << CELL_SHIFT
    while (bucket < BUCKETS && EDGES[bucket]! <= float[0]!) bucket++
    buckets[cell] = bucket
  }
  return buckets
}

/** Bucket of a finite value. */
export function bucketOf(value: number): number {
  if (value > 0) return positive(value)
  return value < 0 ? -positive(-value) : 0
}

function positive(value: number): number {
  if (value <= LOWEST) return 1
  if (value >= TOP) return BUCKETS
  const bucket = BUCKET_OF_CELL[cellOf(value) - FIRST_CELL]!
  return value >= EDGES[bucket]! ? bucket + 1 : bucket
}

/** The value a bucket stands for: within 1 % of every value in it. */
export function bucketValue(bucket: number): number {
  if (bucket === 0) return 0
  const middle = (EDGES[Math.abs(bucket) - 1]! * 2 * GAMMA) / (1 + GAMMA)
  return bucket > 0 ? middle : -middle
}
