/**
 * What is sent: a pure function of the seed, so that a restarted producer says the same again and the oracle knows
 * what must come out. Time goes in chunks; nobody is more than two chunks ahead of anybody.
 *
 * `past` is history (clock `event`): its times follow the chunks alone, so windows and alerts do not depend on how
 * long anything took. `now` is live: its times are the wall clock at which the chunk was let go.
 */
import { hash } from './random.ts'

export interface Plan {
  seed: number
  producers: number
  chunks: number
  /** Event time of the first chunk of `past`, a whole hour, and the length of a chunk, ms. */
  origin: number
  step: number
  /** Rows of each producer and chunk. */
  past: number
  now: number
  /** The config with another metric and rule is in force from this chunk on. */
  extended: number
  /** Chunks after which a producer takes a new id; one that was killed begins its id again. */
  segment: number
}

export type Kind = 'counted' | 'late' | 'dead'
export interface Row {
  kind: Kind
  at: number
  k: string
  v: number
}

export const GROUPS = 48
/** The first groups of `past` are those that jump and fall silent, in turn. */
const SPECIAL = 16
/** Values below are ordinary, above are a jump. */
export const LIMIT = 5000
export const LATENESS = 5 * 60_000
export const DISORDER = 90_000
const SILENT = 300_000
const JUMP = 100_000
/** Event time at the end of `past` in which all is ordinary, so that its alerts are over. */
const TAIL = 400_000
const NOW_JUMP_CHUNKS = 15

export const LATE_FROM = 10

/** Chunk `c` of `past` begins here in event time. */
export function pastStart(plan: Plan, c: number): number {
  return plan.origin + c * plan.step
}

/** Row `i` that producer `p` puts into chunk `c` of `past`. */
export function pastRow(plan: Plan, p: number, c: number, i: number): Row {
  const h = hash(plan.seed, p, c, i)
  const at = pastStart(plan, c) + (h % plan.step)
  let g = hash(h, 1) % GROUPS
  while (isSilent(plan, g, at)) g = (g + 1) % GROUPS
  const v = (isJump(plan, g, at) ? LIMIT + 1000 : 1) + (hash(h, 2) % 1000)
  const row: Row = { kind: 'counted', at, k: `g${g}`, v }
  if (h % 701 === 0) row.kind = 'dead'
  else if (h % 503 === 0 && c >= LATE_FROM) return { ...row, kind: 'late', at: at - LATENESS - 7_200_000 }
  return row
}

/** Row `i` that producer `p` puts into chunk `c` of `now`, which was let go at the wall clock time `at`. */
export function nowRow(plan: Plan, p: number, c: number, i: number, at: number): Row {
  const h = hash(plan.seed, p, c, i, 3)
  let g = hash(h, 1) % GROUPS
  if (g === NOW_SILENT && isNowSilent(plan, c)) g++
  const jump = nowJumps(plan).some((j) => j.group === g && c >= j.from && c < j.to)
  const v = (jump ? LIMIT + 1000 : 1) + (hash(h, 2) % 1000)
  return { kind: 'counted', at: at + (h % 900), k: `g${g}`, v }
}

/** The flat event that a foreign client writes with chunk `c`: a group of its own, and no value above zero. */
export function flatRow(plan: Plan, c: number, at: number): Row {
  const h = hash(plan.seed, c, 4)
  return { kind: 'counted', at, k: `flat${h % 7}`, v: -(h % 1000) }
}

export interface NowJump {
  group: number
  from: number
  to: number
}

/** A few groups of `now` jump, each once; the chunks at the end are ordinary. */
export function nowJumps(plan: Plan): NowJump[] {
  const jumps: NowJump[] = []
  for (let from = 4; from + NOW_JUMP_CHUNKS + 4 < plan.chunks && jumps.length < 20; from += 60)
    jumps.push({ group: 20 + jumps.length, from, to: from + NOW_JUMP_CHUNKS })
  return jumps
}

/** The one group of `now` that falls silent, and when, where the run is long enough. */
export const NOW_SILENT = 10
const NOW_SILENT_CHUNKS = 60

export function isNowSilent(plan: Plan, c: number): boolean {
  const from = Math.floor(plan.chunks / 2) - NOW_SILENT_CHUNKS
  return from >= 20 && c >= from && c < from + NOW_SILENT_CHUNKS
}

/** A group of those that jump: in each stretch of 20 minutes (or all there is) once, at a place of its own. */
function isJump(plan: Plan, g: number, at: number): boolean {
  return g < SPECIAL && g % 2 === 0 && within(plan, g, at, JUMP)
}

function isSilent(plan: Plan, g: number, at: number): boolean {
  return g < SPECIAL && g % 2 === 1 && within(plan, g, at, SILENT)
}

function within(plan: Plan, g: number, at: number, length: number): boolean {
  const whole = plan.chunks * plan.step - TAIL
  const stretch = Math.min(1_200_000, whole)
  const n = Math.floor((at - plan.origin) / stretch)
  if (stretch < length + 60_000 || (n + 1) * stretch > whole) return false
  const from = n * stretch + 60_000 + (hash(plan.seed, g, n, 5) % (stretch - length - 60_000 + 1))
  return at - plan.origin >= from && at - plan.origin < from + length
}
