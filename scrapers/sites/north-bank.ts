/** North Bank: the balance of our current account, and what moved. */
import { list, money, scraper } from 'weir/scrapers'
import { world } from './world/address.ts'

export default scraper('north-bank', {
  visit: world('north-bank', '/accounts'),
  every: '10s',
  fleet: 'banks',
  local: true,
  heal: false,
  is: ['h1 = Accounts', 'title ~ North Bank'],
  read: {
    balance: money('[data-balance]'),
    transactions: list('tr.tx', { absentWhen: 'No transactions yet' }),
  },
})
