/** From here through a proxy to a host: its name is resolved and judged here, and the proxy is told the address. */
import { type Socket, isIP } from 'node:net'
import { type Reach, type Resolve, bareHost, guardedLookup, refuseLiteral } from '../../../engine/index.ts'
import { openTunnel } from './tunnel.ts'
import type { Upstream } from './upstream.ts'

export interface Dial {
  reach: Reach
  /** For the tunnel, ms. */
  timeout: number
  resolve?: Resolve | undefined
  /** Told when the name is resolved. */
  found?: () => void
}

/** Rejects with PrivateTarget, ProxyFailure, or why the name could not be resolved. */
export async function dialThrough(
  upstream: Upstream,
  hostname: string,
  port: number,
  { reach, timeout, resolve, found }: Dial,
): Promise<Socket> {
  const address = await checkedAddress(hostname, reach, resolve)
  found?.()
  return openTunnel(upstream, address, port, timeout)
}

function checkedAddress(hostname: string, reach: Reach, resolve?: Resolve): Promise<string> {
  const refused = refuseLiteral(hostname, reach)
  if (refused) return Promise.reject(refused)
  const bare = bareHost(hostname)
  if (isIP(bare) !== 0) return Promise.resolve(bare)
  return new Promise((done, failed) => {
    guardedLookup(reach, resolve)(bare, {}, (error, address) => {
      if (error) failed(error)
      else done(String(address))
    })
  })
}
