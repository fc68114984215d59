/** Sparhaus: in German, with German numbers and dates. */
import type { Account } from '../account.ts'
import { amount, escape, type Frame } from '../markup.ts'

export const name = 'kontostand'
export const renamed = ['saldo', 'guthaben', 'verfuegbar']

export function page(account: Account, held: string): Frame {
  const day = new Intl.DateTimeFormat('de-DE', {
    day: '2-digit',
    month: '2-digit',
    year: 'numeric',
    timeZone: 'UTC',
  })
  return {
    lang: 'de',
    title: 'Sparhaus – Mein Konto',
    css: `header{background:#c2410c;color:#fff;padding:.8rem 1rem}.${held}{background:#fff;padding:1rem;font-size:1.3rem}
.${held} b{float:right}.umsatz{display:flex;gap:1rem;background:#fff;padding:.5rem 1rem;margin-top:2px}.umsatz i{flex:1;font-style:normal}`,
    blocks: {
      head: `<header><h1>Mein Konto</h1></header>`,
      balance: `<p class="${held}">Kontostand ${account.number} <b>${amount(account.balance, '.', ',')}&nbsp;€</b></p>`,
      transactions: `<h2>Umsätze</h2>${
        account.transactions.length === 0
          ? '<p class="hinweis">Keine Umsätze vorhanden</p>'
          : account.transactions
              .map(
                (t) =>
                  `<div class="umsatz"><time>${day.format(t.at)}</time><i>${escape(t.text)}</i><span>${amount(t.cents, '.', ',')}&nbsp;€</span></div>`,
              )
              .join('')
      }`,
      offer: '<p class="werbung">Festgeld: 2,4&nbsp;% ab 1.000,00&nbsp;€</p>',
    },
  }
}
