/** Copper Credit: lists in lists in lists. */
import type { Account } from '../account.ts'
import { amount, escape, isoDay, type Frame } from '../markup.ts'

export const name = 'bal'
export const renamed = ['fig', 'amt', 'tot']

export function page(account: Account, held: string): Frame {
  const lines = account.transactions.map(
    (t) => `<li class="t">${isoDay(t.at)} <em>${escape(t.text)}</em> <span>${amount(t.cents)}</span></li>`,
  )
  return {
    lang: 'en',
    title: 'Copper Credit Union',
    css: `body{background:#fdf6f0}h1{color:#9a3412}ul ul{margin-left:1.2rem;border-left:2px solid #e7c9b5;padding-left:.8rem}
li{padding:.2rem 0}.${held}{font-weight:700}`,
    blocks: {
      head: '<h1>Members’ area</h1>',
      balance: `<ul class="tree"><li>${escape(account.holder)}<ul><li>Accounts<ul><li>Current ${account.number}
<ul><li>Balance <span class="${held}">${amount(account.balance)} €</span></li><li>Overdraft <span class="od">1,000.00 €</span></li></ul></li></ul></li></ul></li></ul>`,
      transactions: `<ul class="tree"><li>Statement<ul>${lines.length === 0 ? '<li class="void">No statement lines yet</li>' : lines.join('')}</ul></li></ul>`,
      offer: '<ul class="tree"><li>News<ul><li>Members’ evening, entry 3.00 €</li></ul></li></ul>',
    },
  }
}
