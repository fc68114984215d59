/** Linden Savings: definition lists. */
import { list, money, scraper } from 'weir/scrapers'
import { world } from './world/address.ts'

export default scraper('linden-savings', {
  visit: world('linden-savings', '/accounts'),
  every: '10s',
  fleet: 'banks',
  local: true,
  heal: false,
  is: ['h1 = Savings overview', 'title = Linden Savings'],
  read: {
    balance: money('.account .balance'),
    transactions: list('.history .entry', { absentWhen: 'No entries in your savings book so far.' }),
  },
})
