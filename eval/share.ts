/** A share with the interval it may really have, given how few cases it stands on. */

/** `41 of 96 = 42.7% [33.3–52.7]`: share and its 95% interval after Wilson (1927), in percent. */
export function share(hits: number, of: number): string {
  if (of === 0) return '0 of 0'
  const [low, high] = wilson(hits, of)
  const percent = (part: number): string => (100 * part).toFixed(1)
  return `${hits} of ${of} = ${percent(hits / of)}% [${percent(low)}–${percent(high)}]`
}

const Z = 1.96

export function wilson(hits: number, of: number): [low: number, high: number] {
  const p = hits / of
  const scale = 1 + Z ** 2 / of
  const middle = (p + Z ** 2 / (2 * of)) / scale
  const half = (Z / scale) * Math.sqrt((p * (1 - p)) / of + Z ** 2 / (4 * of ** 2))
  return [Math.max(0, middle - half), Math.min(1, middle + half)]
}
