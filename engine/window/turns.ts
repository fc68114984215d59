/** The grid of time that windows are read on. */
import { RUNG_MS } from '../config/window.ts'

/** The finest step of time, ms: windows are read, and panes closed, on this grid. */
export const TURN = RUNG_MS['10s']

/** At most this many turns are looked at one by one when time jumps: the length of a ring. */
const MAX_TURNS = 64

/** The turns after `turned` up to `asOf` (ms), in order; `last`: the newest, whose result is shown. */
export function* turnsTo(turned: number, asOf: number): Generator<{ turn: number; last: boolean }> {
  const to = Math.floor(asOf / TURN)
  if (!(to > turned)) return
  // Before the first turn there is nothing to look back on, least of all a silence.
  const first = Number.isFinite(turned) ? Math.max(turned + 1, to - MAX_TURNS + 1) : to
  for (let turn = first; turn <= to; turn++) yield { turn, last: turn === to }
}
