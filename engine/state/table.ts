/** A plain table: columns as wide as what is in them, numbers to the right, names cut where they are too long. Pure. */

const WIDTH = 100
/** Longest cell; what is longer is cut in the middle, because names differ at both ends. */
const MAX_CELL = 17

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map(cut))
  const widths = head.map((_, column) => Math.max(...cells.map((row) => [...(row[column] ?? '')].length)))
  const numeric = head.map((_, column) => rows.every((row) => /^([\d#≥-]|none)/.test(row[column] ?? '')))
  const full = widths.reduce((sum, width) => sum + width + 2, -2)
  const between = full <= WIDTH ? '  ' : ' '
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const gap = ' '.repeat(widths[column]! - [...cell].length)
        return numeric[column] === true ? gap + cell : cell + gap
      })
      .join(between)
      .trimEnd()
  return `${cells.map(line).join('\n')}\n`
}

function cut(text: string): string {
  const characters = [...text]
  if (characters.length <= MAX_CELL) return text
  return `${characters.slice(0, MAX_CELL / 2).join('')}…${characters.slice(-MAX_CELL / 2).join('')}`
}
