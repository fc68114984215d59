/** Which addresses may be visited: public ones, others only where a scraper says so; names are resolved here, once. */
import { lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { isPublic } from '../../engine/index.ts'

/** `public`: the internet; `local`: this machine as well; `private`: everything, such as one's own network. */
export type Reach = 'public' | 'local' | 'private'

/** RFC 6761: `localhost` and everything below it is this machine, whatever a resolver says. */
export function isLocalhost(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost')
}

/** A name or a literal address that means this machine by itself, without asking a resolver. */
export function isLoopback(hostname: string): boolean {
  return (
    isLocalhost(hostname) ||
    /^127(?:\.\d{1,3}){3}$/.test(hostname) ||
    hostname === '[::1]' ||
    hostname === '::1'
  )
}

/** Refused for its address; nothing was sent. */
export class PrivateTarget extends Error {
  constructor(host: string, address: string) {
    super(`${host} is ${address}, which is not public; local or allowPrivate in the scraper would allow it`)
    this.name = 'PrivateTarget'
  }
}

/** Refuses a literal address that is out of reach; names are judged when they are looked up. */
export function refuseLiteral(hostname: string, reach: Reach): PrivateTarget | null {
  const bare = hostname.replace(/^\[|\]$/g, '')
  if (isIP(bare) === 0 || mayReach(hostname, bare, reach)) return null
  return new PrivateTarget(hostname, bare)
}

function mayReach(hostname: string, address: string, reach: Reach): boolean {
  if (reach === 'private' || isPublic(address)) return true
  // A stranger's name that resolves to this machine is no permission: only names that say so are.
  return reach === 'local' && isLoopback(hostname)
}

/**
 * A lookup for sockets: resolves, checks every address, and hands over the checked one, so that what was
 * checked is what is connected to.
 */
export function guardedLookup(reach: Reach): LookupFunction {
  return (hostname, options, callback) => {
    if (isLocalhost(hostname)) return answer(null, [{ address: '127.0.0.1', family: 4 }])
    lookup(hostname, { ...options, all: true }, answer)

    function answer(
      error: NodeJS.ErrnoException | null,
      addresses: { address: string; family: number }[],
    ): void {
      if (error) return callback(error, '', 0)
      const refused = addresses.find(({ address }) => !mayReach(hostname, address, reach))
      const first = addresses[0]
      if (refused) return callback(new PrivateTarget(hostname, refused.address), '', 0)
      if (!first) return callback(Object.assign(new Error('no address'), { code: 'ENOTFOUND' }), '', 0)
      if (options.all) (callback as unknown as (e: null, a: typeof addresses) => void)(null, addresses)
      else callback(null, first.address, first.family)
    }
  }
}

/** Checks a host before a browser goes there: browsers resolve by themselves. Null when it may be visited. */
export async function refusedAddress(hostname: string, reach: Reach): Promise<string | null> {
  if (reach === 'private') return null
  const literal = refuseLiteral(hostname, reach)
  if (literal) return literal.message
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0) return null
  return new Promise((resolve) => {
    guardedLookup(reach)(hostname, { all: true }, (error) => {
      // An unknown name is the browser's to report, as the site's fault.
      resolve(error instanceof PrivateTarget ? error.message : null)
    })
  })
}

/** Whether a page that came from `address` may be read, as far as the address alone tells. */
export function mayReadFrom(address: string, reach: Reach): boolean {
  return reach === 'private' || isPublic(address) || (reach === 'local' && isLoopback(address))
}
