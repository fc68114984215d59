/** Resolves names for sockets: what was checked is what is connected to, so a second answer changes nothing. */
import { lookup, type LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { type Reach, PrivateTarget, isLocalhost, mayReach } from './reach.ts'

/** All addresses of a name. */
export type Resolve = (
  host: string,
  answer: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/**
 * A lookup for `net.connect` and `http.request`: asks once, refuses with PrivateTarget where any of the addresses is
 * out of reach, and hands over the checked ones. `resolve`: the system's resolver by default.
 */
export function guardedLookup(reach: Reach, resolve: Resolve = resolveAll): LookupFunction {
  return (hostname, options, callback) => {
    const answer: Parameters<Resolve>[1] = (error, addresses) => {
      if (error) return callback(error, '', 0)
      const refused = addresses.find(({ address }) => !mayReach(hostname, address, reach))
      if (refused) return callback(new PrivateTarget(hostname, refused.address), '', 0)
      const { family } = options
      const wanted =
        family === 4 || family === 6 ? addresses.filter((each) => each.family === family) : addresses
      const first = wanted[0]
      if (!first) return callback(Object.assign(new Error('no address'), { code: 'ENOTFOUND' }), '', 0)
      if (options.all) callback(null, wanted)
      else callback(null, first.address, first.family)
    }
    if (isLocalhost(hostname)) answer(null, [{ address: '127.0.0.1', family: 4 }])
    else resolve(hostname, answer)
  }
}

function resolveAll(host: string, answer: Parameters<Resolve>[1]): void {
  lookup(host, { all: true }, answer)
}
