/** Where a channel sends to: an address from the environment, checked so that it cannot be a door to our inside. */
import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'

export type Destination = { ok: true; url: URL } | { ok: false; reason: string }

export type Lookup = (host: string) => Promise<{ address: string }[]>

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

/** Why the host must not be called, or null. Every address it resolves to has to be a public one. */
export async function refuseHost(url: URL, resolve: Lookup = lookupAll): Promise<string | null> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const addresses = isIP(host) === 0 ? await resolve(host) : [{ address: host }]
  return addresses.some(({ address }) => isPrivate(address))
    ? 'the address is a private one (WEIR_ALLOW_PRIVATE_WEBHOOKS=1 allows it)'
    : null
}

export function isPrivate(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return isPrivate(mapped)
  return PRIVATE.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

function lookupAll(host: string): Promise<{ address: string }[]> {
  return lookup(host, { all: true })
}
