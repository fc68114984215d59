/** Which hosts may be called from here: public ones, and others only where somebody has named them. Pure. */
import { BlockList, isIP } from 'node:net'
import { isPublic } from './public-address.ts'

/**
 * `public`: the internet; `local`: this machine as well; `hosts`: these hosts as well, wherever they are;
 * `private`: everything, for tests and for names that are resolved elsewhere.
 */
export type Reach = 'public' | 'local' | 'private' | { hosts: readonly string[]; local: boolean }

/** RFC 6761: `localhost` and everything below it is this machine, whatever a resolver says. */
export function isLocalhost(hostname: string): boolean {
  return /(?:^|\.)localhost\.?$/i.test(hostname)
}

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** A name or a literal address that means this machine by itself, without asking a resolver. */
export function isLoopback(hostname: string): boolean {
  const bare = bareHost(hostname)
  const family = isIP(bare)
  return family === 0 ? isLocalhost(bare) : LOOPBACK.check(bare, family === 4 ? 'ipv4' : 'ipv6')
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
  const bare = bareHost(hostname)
  if (isIP(bare) === 0 || mayReach(hostname, bare, reach)) return null
  return new PrivateTarget(hostname, bare)
}

/** Whether `hostname` may be called at `address`. */
export function mayReach(hostname: string, address: string, reach: Reach): boolean {
  if (reach === 'private' || isPublic(address)) return true
  // A stranger's name that resolves to this machine is no permission: only names that say so are.
  if (typeof reach === 'string') return reach === 'local' && isLoopback(hostname)
  return reach.hosts.includes(bareHost(hostname)) || (reach.local && isLoopback(hostname))
}

/** As it is compared: lower case, without the brackets of an IPv6 address and the dot of the root. */
export function bareHost(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
}
