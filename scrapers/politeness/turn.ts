/** A visit's turn: booked, waited for, and booked anew where it went by meanwhile. */
import type { Gate, Refusal, Visit } from './gate.ts'

export interface Turn {
  visit: Visit
  exit: string
  /** When it is, and until when it may be used, ms of the monotonic clock. */
  at: number
  until: number
}

export interface TurnClock {
  /** Never set, ms. */
  mono: () => number
  sleep: (ms: number) => Promise<void>
  /** 0 … 1 */
  random: () => number
}

/** How long a visit waits for others to leave a site, ms. */
const PATIENCE_MS = 60_000
const ASK_AGAIN_MS = 200
/** So long before its turn a visit that waits asks whether the site may still be visited; so old no answer is used, ms. */
const LOOK_AHEAD_MS = 30
/** Turns that go by before it is clear that this machine is too busy to keep any. */
export const MAX_MISSED = 20

/** Books the next free turn, and sleeps until it. Rejects where the gate cannot be asked. */
export async function takeTurn(gate: Gate, visit: Visit, clock: TurnClock): Promise<Turn | Refusal> {
  const booked = await bookTurn(gate, visit, clock)
  return 'go' in booked ? booked : awaitTurn(gate, booked, clock)
}

/** Books the next free turn. Rejects where the gate cannot be asked. `again`: for a visit that had one. */
async function bookTurn(gate: Gate, visit: Visit, clock: TurnClock, again = false): Promise<Turn | Refusal> {
  const begun = clock.mono()
  for (;;) {
    const admission = await gate.admit(visit, again)
    const asked = clock.mono()
    if (admission.go) {
      const at = asked + admission.wait
      return { visit, exit: admission.exit, at, until: at + admission.keeps }
    }
    if (!admission.busy || asked - begun > PATIENCE_MS) return admission
    await clock.sleep(ASK_AGAIN_MS * (0.5 + clock.random()))
  }
}

/** Sleeps until the turn. Resolves with a refusal, and nothing held, where the site may not be visited any more. */
async function awaitTurn(gate: Gate, booked: Turn, clock: TurnClock): Promise<Turn | Refusal> {
  let turn = booked
  for (let missed = 0; missed < MAX_MISSED; missed += 1) {
    const held = await reachTurn(gate, turn, clock)
    if (held !== null) return held
    if (clock.mono() <= turn.until) return turn
    const next = await rebook(gate, turn, clock)
    if ('go' in next) return next
    turn = next
  }
  return tooBusy(gate, turn)
}

/** The same, of a turn that may have gone by once it is reached: this machine may be busy. */
export async function reachTurn(gate: Gate, turn: Turn, { mono, sleep }: TurnClock): Promise<Refusal | null> {
  const wait = turn.at - mono()
  if (wait > LOOK_AHEAD_MS) {
    await sleep(wait - LOOK_AHEAD_MS)
    const held = await orGiveBack(gate, turn, gate.held(turn.visit))
    if (held !== null) {
      await giveBack(gate, turn)
      return held
    }
  }
  // Timers may be a little early.
  for (let left = turn.at - mono(); left > 0; left = turn.at - mono()) await sleep(Math.ceil(left))
  return null
}

/** Of a visit whose turns have gone by again and again. */
export async function tooBusy(gate: Gate, turn: Turn): Promise<Refusal> {
  await giveBack(gate, turn)
  const detail = `this machine is too busy to keep a turn at ${turn.visit.site}`
  return { go: false, reason: 'no_permit', until: 0, busy: false, detail }
}

/**
 * The turn of a visit that has waited for something else meanwhile: booked anew where it went by, given back where the
 * site may not be visited any more.
 */
export async function lookAgain(gate: Gate, turn: Turn, clock: TurnClock): Promise<Turn | Refusal> {
  if (clock.mono() > turn.until) return rebook(gate, turn, clock)
  if (clock.mono() - turn.at <= LOOK_AHEAD_MS) return turn
  const held = await orGiveBack(gate, turn, gate.held(turn.visit))
  if (held === null) return turn
  await giveBack(gate, turn)
  return held
}

/** Books for a visit whose turn went by; what it holds is given back where it is refused. */
async function rebook(gate: Gate, gone: Turn, clock: TurnClock): Promise<Turn | Refusal> {
  // Through the same exit: its browser may be there already.
  const visit = { ...gone.visit, exits: [gone.exit] }
  const next = await orGiveBack(gate, gone, bookTurn(gate, visit, clock, true))
  if ('go' in next) await giveBack(gate, gone)
  return next
}

/** Rejects as `asked` does, and then nothing is held: who cannot ask does not go. */
async function orGiveBack<Answer>(gate: Gate, turn: Turn, asked: Promise<Answer>): Promise<Answer> {
  try {
    return await asked
  } catch (error) {
    await giveBack(gate, turn)
    throw error
  }
}

/** Gives back what an admitted visit holds that does not take place. */
export async function giveBack(gate: Gate, { visit, exit }: Pick<Turn, 'visit' | 'exit'>): Promise<void> {
  const coolDown = { first: 0, longest: 0 }
  await gate.report(visit, { outcome: 'skipped', wish: null, exit, coolDown, block: null })
}
