/** North Bank: data attributes and a plain table. */
import type { Account } from '../account.ts'
import { amount, escape, isoDay, type Frame } from '../markup.ts'

export const name = 'balance'
export const renamed = ['available', 'funds', 'position']

export function page(account: Account, held: string): Frame {
  return {
    lang: 'en',
    title: 'North Bank: accounts',
    css: `header{background:#12355b;color:#fff;padding:1rem}.sum{font-size:2.2rem;margin:.2rem 0 1.4rem}
.tx td:last-child{text-align:right;font-variant-numeric:tabular-nums}`,
    blocks: {
      head: `<header><h1>Accounts</h1><p>${escape(account.holder)}, ${account.number}</p></header>`,
      balance: `<section><h2>Balance</h2><p class="sum"><strong data-${held}="${account.balance}">€ ${amount(account.balance)}</strong></p></section>`,
      transactions: `<section><h2>Latest transactions</h2>${
        account.transactions.length === 0
          ? '<p class="none">No transactions yet</p>'
          : `<table><tbody>${account.transactions
              .map(
                (t) =>
                  `<tr class="tx"><td>${isoDay(t.at)}</td><td>${escape(t.text)}</td><td data-amount>€ ${amount(t.cents)}</td></tr>`,
              )
              .join('')}</tbody></table>`
      }</section>`,
      offer: '<aside><h2>Save with us</h2><p>2.10 % a year from <b>€ 500.00</b></p></aside>',
    },
  }
}
