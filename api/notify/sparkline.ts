/** A line of values as eight block letters; a gap is a blank. */

const BLOCKS = '▁▂▃▄▅▆▇█'
const MAX_VALUES = 30

/** At most the last 30 values, scaled from 0 (or the least, where negative) to the greatest. */
export function sparkline(values: readonly (number | null)[]): string {
  const finite = values.map((value) => (value !== null && Number.isFinite(value) ? value : null))
  // Before the first value there is no line, not a gap.
  const first = finite.findIndex((value) => value !== null)
  const shown = first === -1 ? [] : finite.slice(Math.max(first, finite.length - MAX_VALUES))
  const known = shown.filter((value) => value !== null)
  if (known.length < 2) return ''
  const least = Math.min(0, ...known)
  const span = Math.max(...known) - least
  const block = (value: number) => BLOCKS[span === 0 ? 0 : Math.round(((value - least) / span) * 7)]!
  return shown.map((value) => (value === null ? ' ' : block(value))).join('')
}
