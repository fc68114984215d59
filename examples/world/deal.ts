/** What a seed deals: who is struck by what and when, and how each bank's page is arranged. */
import { BANKS } from './bank/index.ts'
import { COINS, type Coin } from './coin.ts'
import { between, drawing, shuffled, type Draw } from './random.ts'

/**
 * `renames` its balance element, is `down`, answers `throttled` (429), shows a `challenge`, is `empty` (truthfully
 * has no transactions: all fine) or `slow`.
 */
export const FAULTS = ['renames', 'down', 'throttled', 'challenge', 'empty', 'slow'] as const
export type Fault = (typeof FAULTS)[number]

export interface Plight {
  bank: string
  fault: Fault
  /** ms after the world went live; an empty account was empty all along. */
  after: number
}

export interface Deal {
  seed: number
  draw: Draw
  plights: Plight[]
  /** Banks that are fine. */
  fine: string[]
  surge: { coin: Coin; after: number }
  /** What the renaming bank calls its balance element afterwards. */
  renamedTo: string
  /** How the bank that is down is down. */
  downAs: 'reset' | '503'
  offerFirst: Record<string, boolean>
}

/** Earliest and latest start of each fault, seconds after the world went live. */
const STARTS: Record<Fault | 'surge', [number, number]> = {
  empty: [0, 0],
  surge: [3, 8],
  slow: [5, 10],
  down: [8, 14],
  throttled: [12, 18],
  challenge: [16, 22],
  renames: [20, 40],
}

/** Everything about one seed; `pace` stretches (above 1) or shortens all starts. Pure: same seed, same deal. */
export function dealt(seed: number, pace = 1): Deal {
  const draw = drawing(seed)
  const after = (what: Fault | 'surge'): number =>
    Math.round(between(draw('after', what), ...STARTS[what]) * 1000 * pace)
  const banks = shuffled(Object.keys(BANKS), draw, 'banks')
  const plights = FAULTS.map((fault, i) => ({ bank: banks[i]!, fault, after: after(fault) }))
  const { renamed } = BANKS[plights[0]!.bank]!
  return {
    seed,
    draw,
    plights,
    fine: banks.slice(FAULTS.length),
    surge: { coin: shuffled(COINS, draw, 'coins')[0]!, after: after('surge') },
    renamedTo: renamed[Math.floor(draw('renamed') * renamed.length)]!,
    downAs: draw('down') < 0.5 ? 'reset' : '503',
    offerFirst: Object.fromEntries(banks.map((bank) => [bank, draw('offer first', bank) < 0.5])),
  }
}

/** What ails `bank`, `sinceLive` ms after the world went live (negative: before). */
export function faultOf(deal: Deal, bank: string, sinceLive: number): Fault | null {
  const plight = deal.plights.find((candidate) => candidate.bank === bank)
  if (plight === undefined) return null
  return plight.fault === 'empty' || sinceLive >= plight.after ? plight.fault : null
}
