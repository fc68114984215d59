/** Where a channel sends to: an address from the environment, checked so that it cannot be a door to our inside. */
import { lookup, type LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { isPublic } from '../../engine/index.ts'

export type Destination = { ok: true; url: URL } | { ok: false; reason: string }

/** All addresses of a name. */
export type Resolve = (
  host: string,
  answer: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

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
  if (isIP(host) !== 0 && !isPublic(host)) throw new PrivateAddress()
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
      else if (addresses.some(({ address }) => !isPublic(address))) callback(new PrivateAddress(), '', 0)
      else if (first === undefined) callback(Object.assign(new Error(), { code: 'ENOTFOUND' }), '', 0)
      else if (options.all) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
}

function resolveAll(host: string, answer: Parameters<Resolve>[1]): void {
  lookup(host, { all: true }, answer)
}
