/** The shop's API: is it there, does it answer in time, does it say that it is well? */
import { check } from 'weir/scrapers'
import { world } from './world/address.ts'

export default check('shop-api', {
  url: world('api', '/health'),
  every: '10s',
  fleet: 'apis',
  local: true,
  match: /"status":\s*"ok"/,
})
