/** Randomness of the world: every draw is a hash of what it is for, so a seed tells the same story every time. */

export type Draw = (...about: (string | number)[]) => number

/** A draw in [0, 1) that depends on the seed and on what it is drawn for, and on nothing else. */
export function drawing(seed: number): Draw {
  return (...about) => {
    let hash = 0x811c9dc5 ^ Math.imul(seed | 0, 0x9e3779b1)
    for (const part of about) {
      // Whole numbers go in as two words: writing each of 100,000 timestamps as text would dominate the history.
      if (typeof part === 'number') hash = stir(stir(hash, part | 0), Math.floor(part / 2 ** 32))
      else for (let i = 0; i < part.length; i++) hash = stir(hash, part.charCodeAt(i))
    }
    return finish(hash) / 2 ** 32
  }
}

/** A draw in [low, high). */
export function between(draw: number, low: number, high: number): number {
  return low + draw * (high - low)
}

/** The items in an order drawn by the seed. */
export function shuffled<T>(items: readonly T[], draw: Draw, about: string): T[] {
  return items
    .map((item, i) => ({ item, rank: draw(about, i) }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ item }) => item)
}

function stir(hash: number, word: number): number {
  return Math.imul(hash ^ word, 0x01000193) ^ (hash >>> 15)
}

/** The finalizer of MurmurHash3: neighbouring inputs give unrelated outputs. */
function finish(hash: number): number {
  let h = hash
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
