/** Linden Savings: definition lists. */
import type { Account } from '../account.ts'
import { amount, escape, type Frame } from '../markup.ts'

export const name = 'balance'
export const renamed = ['saldo', 'standing', 'worth']

export function page(account: Account, held: string): Frame {
  const day = new Intl.DateTimeFormat('en-GB', {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  })
  return {
    lang: 'en',
    title: 'Linden Savings',
    css: `body{background:#f6f7f1}h1{color:#3f6212}dl{display:grid;grid-template-columns:10rem 1fr;background:#fff;padding:1rem}
dd{margin:0}dd.${held}{font-size:1.5rem;font-weight:600}.history dd{display:flex;justify-content:space-between}`,
    blocks: {
      head: '<header><h1>Savings overview</h1></header>',
      balance: `<dl class="account"><dt>Account</dt><dd>${account.number}</dd><dt>Holder</dt><dd>${escape(account.holder)}</dd>
<dt>Balance</dt><dd class="${held}">€${amount(account.balance)}</dd></dl>`,
      transactions:
        account.transactions.length === 0
          ? '<p class="notice">No entries in your savings book so far.</p>'
          : `<dl class="history">${account.transactions
              .map(
                (t) =>
                  `<dt>${day.format(t.at)}</dt><dd class="entry"><span>${escape(t.text)}</span><span>€${amount(t.cents)}</span></dd>`,
              )
              .join('')}</dl>`,
      offer: '<dl class="rates"><dt>Rate</dt><dd>1.85 %</dd><dt>Minimum</dt><dd>€25.00</dd></dl>',
    },
  }
}
