/** Meridian Bank: an empty shell, filled by a script from JSON in the page. */
import type { Account } from '../account.ts'
import { isoDay, type Frame } from '../markup.ts'

export const name = 'balance'
export const renamed = ['accountValue', 'netPosition', 'amountAvailable']

export function page(account: Account, held: string): Frame {
  const state = {
    number: account.number,
    total: account.balance / 100,
    rows: account.transactions.map((t) => ({ day: isoDay(t.at), text: t.text, amount: t.cents / 100 })),
  }
  return {
    lang: 'en',
    title: 'Meridian',
    css: `body{background:#0f172a;color:#e2e8f0}h1{font-weight:300}#${held}{font-size:2.4rem;display:block}
.row{display:grid;grid-template-columns:7rem 1fr 8rem;border-bottom:1px solid #334155;padding:.4rem 0}footer{color:#94a3b8}`,
    blocks: {
      head: '<header><h1>Meridian</h1></header>',
      balance: `<section><h2>Balance</h2><output id="${held}"></output></section>`,
      transactions: '<section><h2>Recent</h2><div id="rows"></div></section>',
      // "<" is written as an escape so that no text can end the script early.
      offer: `<script type="application/json" id="state">${JSON.stringify(state).replaceAll('<', '\\u003c')}</script>`,
    },
    script: `addEventListener('load', () => setTimeout(() => {
  const state = JSON.parse(document.getElementById('state').textContent)
  const euro = new Intl.NumberFormat('en-IE', { style: 'currency', currency: 'EUR' })
  document.getElementById('${held}').textContent = euro.format(state.total)
  const cell = (text) => Object.assign(document.createElement('span'), { textContent: text })
  const line = (cells) => {
    const row = Object.assign(document.createElement('div'), { className: 'row' })
    row.append(...cells.map(cell))
    return row
  }
  const rows = document.getElementById('rows')
  rows.append(...state.rows.map((t) => line([t.day, t.text, euro.format(t.amount)])))
  if (state.rows.length === 0) rows.textContent = 'No recent transactions.'
}, 60))`,
  }
}
