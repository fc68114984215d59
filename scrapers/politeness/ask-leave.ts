/** Everything that must say yes before a visit: a way out that is there, robots.txt, and the gate. */
import type { Scraper } from '../index.ts'
import type { Exits } from './exit/exit.ts'
import { noExit } from './exit/exit.ts'
import type { Gate, Refusal } from './gate.ts'
import { type Unheard, obeyRobots } from './robots/obey.ts'
import { type Turn, type TurnClock, takeTurn } from './turn.ts'
import { visitOf } from './visit.ts'

export interface Manners {
  gate: Gate
  exits: Exits
  clock: TurnClock
  /** Wall clock, ms since 1970. */
  now: () => number
}

export interface Asking {
  /** Names the visit, unique over all processes. */
  token: string
  /** Longest time from its turn to its report, ms. */
  lease: number
  /** Its name is not resolved here, so that nothing can be asked and no proxy used. */
  elsewhere: boolean
}

/** Rejects where nobody can say: then nobody may go. */
export async function askLeave(
  manners: Manners,
  scraper: Scraper,
  { token, lease, elsewhere }: Asking,
): Promise<Turn | Refusal | Unheard> {
  const { gate, exits, clock } = manners
  const { exit, site } = scraper
  if (elsewhere && exit !== null) return noExit(exit, site, 'host rules say where names lead')
  const names = await exits.candidates(exit, site)
  if ('go' in names) return names
  const obeyed = elsewhere ? { delay: 0 } : await obeyRobots(manners, scraper, names)
  if (!('delay' in obeyed)) return obeyed
  const visit = visitOf(scraper, token, lease, names)
  return takeTurn(gate, { ...visit, minDelay: Math.max(visit.minDelay, obeyed.delay) }, clock)
}
