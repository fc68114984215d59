/** Harbour Bank: everything in tables. */
import { list, money, scraper } from 'weir/scrapers'
import { world } from './world/address.ts'

export default scraper('harbour-bank', {
  visit: world('harbour-bank', '/accounts'),
  every: '10s',
  fleet: 'banks',
  local: true,
  heal: false,
  is: ['h1 = Your account', 'title ~ Harbour Bank'],
  read: {
    balance: money('#current-balance'),
    transactions: list('#movements tbody tr:not(.empty)', {
      absentWhen: 'There are no movements on this account.',
    }),
  },
})
