/** Copper Credit: lists in lists. */
import { list, money, scraper } from 'weir/scrapers'
import { world } from './world/address.ts'

export default scraper('copper-credit', {
  visit: world('copper-credit', '/accounts'),
  every: '10s',
  fleet: 'banks',
  local: true,
  heal: false,
  is: ['h1 ~ Members', 'title ~ Copper Credit'],
  read: {
    balance: money('.tree .bal'),
    transactions: list('.tree .t', { absentWhen: 'No statement lines yet' }),
  },
})
