/** Cuts a slice into pieces one script call can take, and brings its rows into the form both stores write. */
import type { Slice } from './store.ts'

/** Arguments of one call at most: a managed Redis refuses 4,000, and the server is blocked meanwhile. */
const MAX_ARGS = 3400

export interface PieceRow {
  /** Index into `groups`. */
  group: number
  at: number
  /** Decimal text per column, '' for none. */
  values: string[]
}

export interface Piece {
  groups: { key: string; newest: number }[]
  rows: PieceRow[]
  /** Newest pane, -1 where there are no rows. */
  newest: number
  /** Only the last piece of a slice may remove the field of `pend`. */
  last: boolean
}

/** `argsPerRow` is what a row may need when every row is of another group. Always yields one piece at least. */
export function cutPieces(slice: Slice, argsPerRow: number): Piece[] {
  const most = Math.max(1, Math.floor(MAX_ARGS / argsPerRow))
  const pieces: Piece[] = []
  // One newest for all, or the age at which rows are refused would depend on the cuts.
  const newest = slice.rows.reduce((max, { at }) => Math.max(max, at), -1)
  // The last row of a pane wins here, so that a script may write values and remove them in any order.
  const rows = [...new Map(slice.rows.map((row) => [`${row.at} ${row.group}`, row])).values()]
  for (let from = 0; from === 0 || from < rows.length; from += most) {
    const index = new Map<string, number>()
    const piece: Piece = { groups: [], rows: [], newest, last: from + most >= rows.length }
    for (const { group: key, at, values } of rows.slice(from, from + most)) {
      let group = index.get(key)
      if (group === undefined) {
        index.set(key, (group = piece.groups.length))
        piece.groups.push({ key, newest: at })
      }
      const known = piece.groups[group]!
      known.newest = Math.max(known.newest, at)
      piece.rows.push({ group, at, values: values.map(decimal) })
    }
    pieces.push(piece)
  }
  return pieces
}

/** The server reads trailing garbage as numbers, so only what is one gets there. */
function decimal(value: number | null): string {
  return value !== null && Number.isFinite(value) ? String(value) : ''
}
