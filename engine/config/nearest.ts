/** Did-you-mean: the known word closest to a misspelt one. */

/** The closest of `known`, or null when nothing is close enough to be what was meant. */
export function nearest(word: string, known: readonly string[]): string | null {
  const limit = Math.max(1, Math.round(word.length * 0.4))
  let best: { name: string; far: number } | null = null
  for (const name of known) {
    const far = distance(word.toLowerCase(), name.toLowerCase())
    if (far <= limit && (best === null || far < best.far)) best = { name, far }
  }
  return best?.name ?? null
}

/** One sentence of advice: the closest known word if there is one, then all that are known. */
export function suggest(word: string, known: readonly string[]): string {
  const close = nearest(word, known)
  const list = known.length === 0 ? 'There are none.' : `Known: ${known.slice(0, 30).join(', ')}.`
  return close === null ? list : `Did you mean '${close}'? ${list}`
}

/** Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 5 || a.length > 60) return Infinity
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let least = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, before[j - 2]! + 1)
      row.push(least)
    }
    before = previous
    previous = row
  }
  return previous[b.length]!
}
