/** Castle Trust: cards. The offer is a card as well, so the balance card is named. */
import { list, money, scraper } from 'weir/scrapers'
import { world } from './world/address.ts'

export default scraper('castle-trust', {
  visit: world('castle-trust', '/accounts'),
  every: '10s',
  fleet: 'banks',
  local: true,
  heal: false,
  is: ['h1 = Welcome back', 'title ~ Castle Trust'],
  read: {
    balance: money('.card--balance .card__value'),
    transactions: list('.card--activity .card__row', {
      absentWhen: 'Nothing has happened on this account yet.',
    }),
  },
})
