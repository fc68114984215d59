/** CSV as RFC 4180 has it: quoted fields, doubled quotes, line breaks inside quotes. Pure. */

export interface CsvRow {
  /** Line of the file on which the row starts, from 1. */
  line: number
  cells: string[]
}

/** `broken` is the line of a quote that is never closed, or null. Empty lines are left out. */
export function parseCsv(text: string): { rows: CsvRow[]; broken: number | null } {
  const rows: CsvRow[] = []
  let line = 1
  let at = text.startsWith('\uFEFF') ? 1 : 0
  while (at < text.length) {
    const row: CsvRow = { line, cells: [] }
    for (;;) {
      const cell = readCell(text, at)
      if (cell === null) return { rows, broken: line }
      row.cells.push(cell.value)
      line += cell.breaks
      at = cell.end
      if (text[at] !== ',') break
      at++
    }
    if (text[at] === '\r') at++
    if (text[at] === '\n') at++
    line++
    if (row.cells.length > 1 || row.cells[0] !== '') rows.push(row)
  }
  return { rows, broken: null }
}

/** Reads one cell from `at`; `end` is at the comma or line break after it. Null when a quote is left open. */
function readCell(text: string, at: number): { value: string; end: number; breaks: number } | null {
  if (text[at] !== '"') {
    let end = at
    while (end < text.length && text[end] !== ',' && text[end] !== '\n' && text[end] !== '\r') end++
    return { value: text.slice(at, end).trim(), end, breaks: 0 }
  }
  let end = at + 1
  for (;;) {
    end = text.indexOf('"', end)
    if (end < 0) return null
    if (text[end + 1] !== '"') break
    end += 2
  }
  const value = text.slice(at + 1, end).replaceAll('""', '"')
  end++
  while (end < text.length && text[end] !== ',' && text[end] !== '\n' && text[end] !== '\r') end++
  return { value, end, breaks: value.split('\n').length - 1 }
}
