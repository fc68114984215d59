/** Where a channel sends to: an address from the environment, checked so that it cannot be a door to our inside. */
import { lookup, type LookupAddress } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

export type Destination = { ok: true; url: URL } | { ok: false; reason: string }

/** All addresses of a name. */
export type Resolve = (
  host: string,
  answer: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

const PRIVATE = new BlockList()
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  PRIVATE.addSubnet(net, bits, 'ipv4')
}
for (const [net, bits] of [
  ['::', 127],
  ['64:ff9b::', 96],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  PRIVATE.addSubnet(net, bits, 'ipv6')
}

/** The address in `env[name]`. Reasons never contain it: it is a secret. */
export function readDestination(env: NodeJS.ProcessEnv, name: string, allowPrivate: boolean): Destination {
  const text = env[name]
  if (!text) return { ok: false, reason: `${name} is not set` }
  if (!URL.canParse(text)) return { ok: false, reason: `${name} is not a URL` }
  const url = new URL(text)
  const plain = allowPrivate && url.protocol === 'http:'
  if (url.protocol !== 'https:' && !plain) return { ok: false, reason: `${name} is not an https address` }
  return { ok: true, url }
}

/** The address is none that may be called; nothing was sent. */
export class PrivateAddress extends Error {
  constructor() {
    super('the address is a private one (WEIR_ALLOW_PRIVATE_WEBHOOKS=1 allows it)')
  }
}

/** Throws PrivateAddress where the host of `url` is itself such an address; names are judged when looked up. */
export function refuseLiteral(url: URL): void {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0 && isPrivate(host)) throw new PrivateAddress()
}

/**
 * A lookup for sockets: every address of a name has to be a public one, and the checked address is the one that
 * is connected to, so that a name that answers differently the second time gains nothing.
 */
export function publicLookup(resolve: Resolve = resolveAll): LookupFunction {
  return (host, options, callback) =>
    resolve(host, (error, addresses) => {
      const first = addresses?.[0]
      if (error) callback(error, '', 0)
      else if (addresses.some(({ address }) => isPrivate(address))) callback(new PrivateAddress(), '', 0)
      else if (first === undefined) callback(Object.assign(new Error(), { code: 'ENOTFOUND' }), '', 0)
      else if (options.all) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
}

export function isPrivate(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return isPrivate(mapped)
  return PRIVATE.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

function resolveAll(host: string, answer: Parameters<Resolve>[1]): void {
  lookup(host, { all: true }, answer)
}
