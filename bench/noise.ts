/** Numbers that look random and are the same in every run. */

/** Uniform over 0 … 1 (linear congruential, Numerical Recipes). */
export function noise(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 4294967296
  }
}

/** A response time, ms: log-uniform over 1 … 1,000, two decimals. */
export function responseTime(next: () => number): number {
  return Math.round(Math.exp(next() * 6.9) * 100) / 100
}
