/** Castle Trust: cards, with class names as a design system writes them. */
import type { Account } from '../account.ts'
import { amount, escape, isoDay, type Frame } from '../markup.ts'

export const name = 'card__value'
export const renamed = ['card__figure', 'tile__number', 'card__total']

export function page(account: Account, held: string): Frame {
  return {
    lang: 'en',
    title: 'Castle Trust Online',
    css: `.card{background:#fff;border-radius:12px;padding:1.2rem;margin-bottom:1rem;box-shadow:0 1px 3px #0002}
.card__label{color:#5d6878;margin:0}.card--balance .${held}{font-size:2rem;margin:0}
.card__row{display:flex;justify-content:space-between;padding:.3rem 0}`,
    blocks: {
      head: '<header class="card"><h1 class="card__title">Welcome back</h1></header>',
      balance: `<article class="card card--balance"><p class="card__label">Balance of ${account.number}</p><p class="${held}">EUR ${amount(account.balance, ' ')}</p></article>`,
      transactions: `<article class="card card--activity"><p class="card__label">Activity</p>${
        account.transactions.length === 0
          ? '<p class="card__empty">Nothing has happened on this account yet.</p>'
          : account.transactions
              .map(
                (t) =>
                  `<div class="card__row"><span>${isoDay(t.at)} ${escape(t.text)}</span><span>EUR ${amount(t.cents, ' ')}</span></div>`,
              )
              .join('')
      }</article>`,
      offer:
        '<article class="card card--offer"><p class="card__label">Home loans</p><p>up to EUR 250 000.00</p></article>',
    },
  }
}
