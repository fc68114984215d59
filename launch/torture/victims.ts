/** Whose turn it is: a pure order by a seed, in rounds in which everybody comes once, and Redis in every other one. */

/** The name of Redis among the victims. */
export const REDIS = 'redis'
/** Shuffles for an order in which no two of a kind are neighbours. */
const TRIES = 200

export function* victims(seed: number, names: readonly string[]): Generator<string, never> {
  const random = mulberry32(seed)
  let last = ''
  for (let round = 0; ; round++) {
    const all = round % 2 === 0 ? [...names, REDIS] : names
    let order = shuffled(all, random)
    for (let tries = 1; tries < TRIES && !apart([last, ...order]); tries++) order = shuffled(all, random)
    for (const name of order) yield (last = name)
  }
}

/** Whether no two of a kind, such as `engine-1` and `engine-2`, follow one another: the second has yet to take over. */
function apart(order: readonly string[]): boolean {
  const kinds = order.map((name) => name.replace(/-\d+$/, ''))
  return kinds.every((kind, i) => kind !== kinds[i + 1])
}

/** Fisher and Yates. */
function shuffled(names: readonly string[], random: () => number): string[] {
  const order = [...names]
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const held = order[i]!
    order[i] = order[j]!
    order[j] = held
  }
  return order
}

/** Numbers in 0 … 1, 1 excluded (mulberry32, public domain). */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
