/** How long to wait before another attempt. */

const FIRST = 1000
const LONGEST = 300_000

/** ms before attempt `attempt + 1`: doubling from 1 s to 5 min, half of it random (`random` in 0 … 1). */
export function backoff(attempt: number, random: number): number {
  const longest = Math.min(LONGEST, FIRST * 2 ** Math.min(attempt - 1, 20))
  return longest / 2 + (longest / 2) * random
}
