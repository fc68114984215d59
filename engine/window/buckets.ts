/**
 * The bucket boundaries of the quantile sketch: logarithmic, relative error 1 %, fixed range, never collapsed.
 *
 * DDSketch (Masson, Rim, Lee; VLDB 2019) with a fixed index range. `Math.log` is implementation-defined in
 * ECMAScript, so it only guesses; the edge table, made by IEEE multiplication alone, decides. The same value
 * has the same index on every machine, which is what lets a snapshot be read elsewhere.
 */

export const RELATIVE_ERROR = 0.01
const GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
const LOWEST = 1e-9
const HIGHEST = 1e12

/** EDGES[i] is the lower bound of bucket i + 1 (bucket 1 starts at 1e-9); values are clamped into the ends. */
const EDGES = edges()
/** Number of buckets of one sign. Bucket 0 is zero, 1…BUCKETS positive, -1…-BUCKETS negative. */
export const BUCKETS = EDGES.length
const PER_LOG = 1 / Math.log(GAMMA)
const LOG_LOWEST = Math.log(LOWEST)

function edges(): Float64Array {
  const list: number[] = []
  for (let edge = LOWEST; edge < HIGHEST; edge *= GAMMA) list.push(edge)
  return Float64Array.from(list)
}

/** Bucket of a finite value. */
export function bucketOf(value: number): number {
  if (value > 0) return positive(value)
  return value < 0 ? -positive(-value) : 0
}

function positive(value: number): number {
  if (value <= LOWEST) return 1
  let i = Math.floor((Math.log(value) - LOG_LOWEST) * PER_LOG)
  if (i >= BUCKETS) i = BUCKETS - 1
  while (i > 0 && value < EDGES[i]!) i--
  while (i + 1 < BUCKETS && value >= EDGES[i + 1]!) i++
  return i + 1
}

/** The value a bucket stands for: within 1 % of every value in it. */
export function bucketValue(bucket: number): number {
  if (bucket === 0) return 0
  const middle = (EDGES[Math.abs(bucket) - 1]! * 2 * GAMMA) / (1 + GAMMA)
  return bucket > 0 ? middle : -middle
}
