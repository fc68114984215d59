/** The eight banks, by host name. */
import type { Account } from '../account.ts'
import type { Frame } from '../markup.ts'
import * as castleTrust from './castle-trust.ts'
import * as copperCredit from './copper-credit.ts'
import * as harbourBank from './harbour-bank.ts'
import * as lindenSavings from './linden-savings.ts'
import * as meridianBank from './meridian-bank.ts'
import * as northBank from './north-bank.ts'
import * as sparhaus from './sparhaus.ts'
import * as tidewaterUnion from './tidewater-union.ts'

export interface Bank {
  /** What the element that holds the balance is called (attribute, id, class or label), and what it may become. */
  name: string
  renamed: readonly string[]
  page(account: Account, held: string): Frame
}

export const BANKS: Readonly<Record<string, Bank>> = {
  'castle-trust': castleTrust,
  'copper-credit': copperCredit,
  'harbour-bank': harbourBank,
  'linden-savings': lindenSavings,
  'meridian-bank': meridianBank,
  'north-bank': northBank,
  sparhaus,
  'tidewater-union': tidewaterUnion,
}
