/** Harbour Bank: everything is a table, told apart by ids and row headers. */
import type { Account } from '../account.ts'
import { amount, escape, isoDay, type Frame } from '../markup.ts'

export const name = 'current-balance'
export const renamed = ['ledger-balance', 'cur-bal', 'amount-held']

export function page(account: Account, held: string): Frame {
  const rows = account.transactions.map(
    (t) =>
      `<tr><td>${isoDay(t.at)}</td><td>${escape(t.text)}</td><td>${t.cents < 0 ? amount(-t.cents) : ''}</td><td>${t.cents < 0 ? '' : amount(t.cents)}</td></tr>`,
  )
  return {
    lang: 'en',
    title: 'Harbour Bank | Your account',
    css: `body{background:#eef4f3;font-family:Georgia,serif}h1{border-bottom:3px solid #0f766e;padding:1rem}
#summary{margin-bottom:1.5rem;background:#fff}#summary td{font-size:1.4rem}#movements{background:#fff}`,
    blocks: {
      head: '<h1>Your account</h1>',
      balance: `<table id="summary"><tbody>
<tr><th>Holder</th><td>${escape(account.holder)}</td></tr>
<tr><th>Number</th><td>${account.number}</td></tr>
<tr><th>Balance</th><td id="${held}">${amount(account.balance)} EUR</td></tr>
</tbody></table>`,
      transactions: `<table id="movements"><thead><tr><th>Date</th><th>Details</th><th>Paid out</th><th>Paid in</th></tr></thead>
<tbody>${rows.length === 0 ? '<tr class="empty"><td colspan="4">There are no movements on this account.</td></tr>' : rows.join('')}</tbody></table>`,
      offer: '<p class="advert">Harbour Plus card: <b>4.90 EUR</b> a month.</p>',
    },
  }
}
