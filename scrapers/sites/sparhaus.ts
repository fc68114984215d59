/** Sparhaus: in German, with a decimal comma. */
import { list, money, scraper } from 'weir/scrapers'
import { world } from './world/address.ts'

export default scraper('sparhaus', {
  visit: world('sparhaus', '/accounts'),
  every: '10s',
  fleet: 'banks',
  local: true,
  heal: false,
  is: ['h1 = Mein Konto', 'title ~ Sparhaus'],
  read: {
    balance: money('.kontostand b', { decimal: ',' }),
    transactions: list('.umsatz', { absentWhen: 'Keine Umsätze vorhanden' }),
  },
})
