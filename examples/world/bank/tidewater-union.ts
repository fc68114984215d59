/** Tidewater Union: no tags or classes to hold on to, only roles and labels for screen readers. */
import type { Account } from '../account.ts'
import { amount, escape, isoDay, type Frame } from '../markup.ts'

export const name = 'Balance'
export const renamed = ['Available funds', 'Account value', 'Current position']

export function page(account: Account, held: string): Frame {
  const rows = account.transactions.map(
    (t) =>
      `<div role="row"><span role="cell">${isoDay(t.at)}</span><span role="cell">${escape(t.text)}</span><span role="cell" aria-label="Amount">£${amount(t.cents)}</span></div>`,
  )
  return {
    lang: 'en',
    title: 'Tidewater Union',
    css: `body{background:#eff6ff}[role=heading]{font-size:1.7rem;padding:1rem;color:#1e40af}[role=status]{font-size:1.9rem;background:#fff;padding:1rem;display:block}
[role=row]{display:grid;grid-template-columns:7rem 1fr 8rem;background:#fff;padding:.4rem 1rem;margin-top:1px}`,
    blocks: {
      head: '<div role="heading" aria-level="1">Account overview</div>',
      balance: `<div role="status" aria-label="${held}">£${amount(account.balance)}</div>`,
      transactions: `<div role="table" aria-label="Transactions">${rows.length === 0 ? '<div role="note">You have made no transactions.</div>' : rows.join('')}</div>`,
      offer: '<div role="complementary">Travel money: order from £50.00</div>',
    },
  }
}
