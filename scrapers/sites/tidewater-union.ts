/** Tidewater Union: read by the labels that screen readers use. */
import { list, money, scraper } from 'weir/scrapers'
import { world } from './world/address.ts'

export default scraper('tidewater-union', {
  visit: world('tidewater-union', '/accounts'),
  every: '10s',
  fleet: 'banks',
  local: true,
  heal: false,
  is: ['[role=heading] = Account overview', 'title = Tidewater Union'],
  read: {
    balance: money('[aria-label="Balance"]'),
    transactions: list('[role=row]', { absentWhen: 'You have made no transactions.' }),
  },
})
