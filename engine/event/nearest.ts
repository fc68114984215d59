/** The known word nearest to a misspelt one, for "did you mean". */

/** Longest word worth comparing: the cost grows with the square, and the words come from outside. */
const MAX_WORD = 64

/** The known word at most a third of its letters away (one at least), or null. */
export function nearest(word: string, known: Iterable<string>): string | null {
  if (word.length > MAX_WORD) return null
  let best: string | null = null
  let least = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of known) {
    if (candidate.length > MAX_WORD) continue
    const steps = distance(word.toLowerCase(), candidate.toLowerCase())
    if (steps < least) [best, least] = [candidate, steps]
  }
  return best
}

/** ` Did you mean "pair"?` or the empty string. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const found = nearest(word, known)
  return found === null ? '' : ` Did you mean "${found}"?`
}

/** Edits (insert, delete, replace, swap of neighbours) between two words. */
function distance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let steps = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1))
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) steps = Math.min(steps, before[j - 2]! + 1)
      row.push(steps)
    }
    ;[before, last] = [last, row]
  }
  return last[b.length]!
}
