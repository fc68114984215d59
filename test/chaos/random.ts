/** Randomness that a seed repeats: a stream of numbers for schedules, and a hash for loads that are made in any order. */

export interface Random {
  /** 0 … 1, 1 excluded. */
  next(): number
  between(low: number, high: number): number
  /** 0 … n - 1 */
  below(n: number): number
  pick<T>(list: readonly T[]): T
}

/** Mulberry32 over a seed. */
export function seeded(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    return mix(state) / 2 ** 32
  }
  const below = (n: number): number => Math.floor(next() * n)
  return {
    next,
    below,
    between: (low, high) => low + next() * (high - low),
    pick: (list) => list[below(list.length)]!,
  }
}

/** 32 well mixed bits of a few whole numbers. */
export function hash(...words: number[]): number {
  let h = 0x9e3779b9
  for (const word of words) h = mix((h ^ word) >>> 0) ^ Math.imul(word, 0x85ebca6b)
  return mix(h >>> 0)
}

function mix(a: number): number {
  let t = Math.imul(a ^ (a >>> 15), a | 1)
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
  return (t ^ (t >>> 14)) >>> 0
}
