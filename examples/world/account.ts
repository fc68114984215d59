/** The account a bank shows: balance and latest transactions at a time, which always add up. */
import { between, type Draw } from './random.ts'

export interface Transaction {
  at: number
  text: string
  /** Signed, in cents. */
  cents: number
}

export interface Account {
  holder: string
  number: string
  /** In cents. */
  balance: number
  /** Newest first; empty = there truly is none. */
  transactions: Transaction[]
}

const SHOWN = 8
const HOLDERS = [
  'Marlow & Finch Ltd',
  'Tessel Works',
  'Orrin Publishing',
  'Blue Heron Bakery',
  'Quill & Sons',
]
const SPENT = ['Paper mill', 'Office rent', 'Ferry freight', 'Print shop', 'City power', 'Payroll', 'Glazier']
const EARNED = ['Invoice 4471', 'Book fair', 'Shop takings', 'Refund Lumen & Co', 'Deposit']

/** The account of `bank` at `now`. A transaction comes every few minutes; `empty` is an account without any. */
export function accountAt(draw: Draw, bank: string, now: number, empty: boolean): Account {
  const pace = 60_000 * Math.floor(between(draw(bank, 'pace'), 4, 11))
  const newest = Math.floor(now / pace)
  // The balance is the drawn quantity and a transaction the difference of two, so nothing has to be remembered.
  const balance = (k: number): number =>
    Math.round(
      between(draw(bank, 'base'), 300_000, 3_000_000) + between(draw(bank, 'balance', k), 0, 180_000),
    )
  const transactions = Array.from({ length: empty ? 0 : SHOWN }, (_, i): Transaction => {
    const k = newest - i
    const cents = balance(k) - balance(k - 1)
    const texts = cents < 0 ? SPENT : EARNED
    return { at: k * pace, text: pick(texts, draw(bank, 'text', k)), cents }
  })
  return {
    holder: pick(HOLDERS, draw(bank, 'holder')),
    number: `${Math.floor(between(draw(bank, 'number'), 1000, 9999))} ${Math.floor(between(draw(bank, 'number', 2), 1000, 9999))}`,
    balance: balance(empty ? 0 : newest),
    transactions,
  }
}

function pick(items: readonly string[], draw: number): string {
  return items[Math.floor(draw * items.length)]!
}
