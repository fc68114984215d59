/**
 * What one partition tells the merged stream, once a second of log time: what its groups gained since it last
 * spoke, how far its time has come, and whether it waits for anything more.
 */

import type { Seen } from '../window/metric-state.ts'
import { TURN } from '../window/turns.ts'

/** What some groups of one metric gained in one finest pane. */
export interface Piece {
  metric: string
  /** Hash of the metric's state: pieces of another definition do not fit. */
  hash: string
  /** Number of the pane. */
  at: number
  /** Canonical group keys; `cells` numbers the groups in this order. */
  keys: string[]
  /** Per group what its source remembers of it. */
  seen: Seen[]
  /** The gains, as a pane block (window/pane-codec.ts) in base64. */
  cells: string
}

export interface PartialMessage {
  /** Turn (unit of 10 s) in which the pieces were folded: they belong after it. Null: before the first. */
  turn: number | null
  /** Turn the source has come to since; null before the first. */
  now: number | null
  /** Event time (ms): nothing in the pieces, nor in what follows, is older; null before the first. */
  final: number | null
  /** Nothing is on its way: do not wait for this source until it speaks again. */
  idle: boolean
  pieces: Piece[]
}

/** Groups per piece, so that an entry stays near 64 KB as a rule: with sketches or registers, and without. */
export const WIDE_GROUPS = 64
export const NARROW_GROUPS = 512
/** A piece of several groups is halved where it exceeds this, a message is cut between its pieces; characters. */
export const MESSAGE_BYTES = 48 * 1024
/** Longest `cells` believed: a message holds at least one group, however wide it is. */
const MAX_CELLS = 256 * 1024

/** Reads what came over the wire; null where it is no such message. Cells are checked where they are decoded. */
export function partialMessage(value: unknown): PartialMessage | null {
  if (value === null || typeof value !== 'object') return null
  const { turn, now, final, idle, pieces } = value as Partial<Record<keyof PartialMessage, unknown>>
  const whole = [turn, now, final].every((one) => one === null || Number.isFinite(one))
  if (!whole || typeof idle !== 'boolean' || !Array.isArray(pieces) || !pieces.every(isPiece)) return null
  return value as PartialMessage
}

/**
 * `message` with no time beyond `most` (ms), and none before 1970: nobody is to be waited for that long, nor held to it.
 * Turns are counted one by one, so they must be whole and small enough to be counted.
 */
export function bounded(message: PartialMessage, most: number): PartialMessage {
  const within = (value: number | null, bound: number): number | null =>
    value === null ? null : Math.max(0, Math.min(value, bound))
  const turnOf = (value: number | null): number | null =>
    within(value && Math.floor(value), Math.floor(most / TURN))
  const { turn, now, final } = message
  return { ...message, turn: turnOf(turn), now: turnOf(now), final: within(final, most) }
}

function isPiece(value: unknown): value is Piece {
  if (value === null || typeof value !== 'object') return false
  const { metric, hash, at, keys, seen, cells } = value as Partial<Record<keyof Piece, unknown>>
  return (
    typeof metric === 'string' &&
    typeof hash === 'string' &&
    Number.isSafeInteger(at) &&
    Array.isArray(keys) &&
    keys.length <= NARROW_GROUPS &&
    keys.every((key) => typeof key === 'string') &&
    Array.isArray(seen) &&
    seen.length === keys.length &&
    seen.every(isSeen) &&
    typeof cells === 'string' &&
    cells.length <= MAX_CELLS
  )
}

/** Event time may be a fraction; the place in the log becomes an id. */
function isSeen(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 5) return false
  const [lastAt, ...whole] = value as unknown[]
  return Number.isFinite(lastAt) && whole.every((one) => Number.isSafeInteger(one) && (one as number) >= 0)
}

/** Length of a piece as JSON, about. */
export function lengthOf({ cells, keys }: Piece): number {
  // Quotes and backslashes are doubled; `seen` is five numbers.
  return keys.reduce((sum, key) => sum + 2 * key.length + 60, cells.length + 100)
}
