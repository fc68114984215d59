/** Meridian Bank: its page is filled in by a script; the scraper waits until it is. */
import { list, money, scraper } from 'weir/scrapers'
import { world } from './world/address.ts'

export default scraper('meridian-bank', {
  visit: world('meridian-bank', '/accounts'),
  every: '10s',
  fleet: 'banks',
  local: true,
  heal: false,
  is: ['h1 = Meridian', 'title = Meridian'],
  read: {
    balance: money('#balance'),
    transactions: list('#rows .row', { absentWhen: 'No recent transactions.' }),
  },
})
