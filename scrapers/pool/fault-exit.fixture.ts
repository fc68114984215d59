/** Cases of the fault matrix in which the way out is at fault, and the real proxies on loopback that they go through. */
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { selfSigned } from '../../test/harness/certificate.ts'
import type { Exits } from '../politeness/exit/exit.ts'
import { startHttpProxy, startSocksProxy } from '../politeness/exit/proxy.fixture.ts'
import { upstreamOf } from '../politeness/exit/upstream.ts'
import { type Fault, GOOD, page } from './fault.fixture.ts'

/** What `exit` of a case names. */
export type FaultExit =
  | 'good'
  | 'good-socks'
  | 'locked'
  | 'locked-socks'
  | 'refusing'
  | 'untrusted'
  | 'closed'

const answer = page(GOOD)
export const PROXIED: Fault[] = [
  { name: 'through a proxy', expected: 'ok.all_valid', exit: 'good', answer },
  { name: 'through a SOCKS proxy', expected: 'ok.all_valid', exit: 'good-socks', answer },
  { name: 'a proxy that wants a password', expected: 'proxy_failed.auth', exit: 'locked', answer },
  {
    name: 'a SOCKS proxy that wants a password',
    expected: 'proxy_failed.auth',
    exit: 'locked-socks',
    answer,
  },
  { name: 'a proxy that does not connect', expected: 'proxy_failed.tunnel', exit: 'refusing', answer },
  { name: 'a proxy with a certificate of nobody', expected: 'proxy_failed.tls', exit: 'untrusted', answer },
  { name: 'a proxy that is not there', expected: 'proxy_failed.connect', exit: 'closed', answer },
  {
    name: "the site's 500 through a proxy",
    expected: 'site_down.http5xx',
    exit: 'good',
    answer: page('', 500),
  },
]

/** Everybody goes by the proxy that is named, and nobody learns from it. */
export async function startFaultExits(): Promise<{ exits: Exits; close: () => void }> {
  const [good, locked, refusing, goodSocks, lockedSocks, gone] = await Promise.all([
    startHttpProxy(),
    startHttpProxy('ann:secret'),
    startHttpProxy(),
    startSocksProxy(),
    startSocksProxy('ann:secret'),
    startHttpProxy(),
  ])
  refusing.answers = 502
  gone.close()
  const day = 86_400_000
  const untrusted = createServer(selfSigned(['localhost'], Date.now() - day, Date.now() + day))
  await new Promise<void>((resolve) => untrusted.listen(0, '127.0.0.1', resolve))
  const addresses: Record<FaultExit, string> = {
    good: `http://127.0.0.1:${good.port}`,
    locked: `http://ann:wrong@127.0.0.1:${locked.port}`,
    refusing: `http://127.0.0.1:${refusing.port}`,
    'good-socks': `socks5://127.0.0.1:${goodSocks.port}`,
    'locked-socks': `socks5://ann:wrong@127.0.0.1:${lockedSocks.port}`,
    untrusted: `https://127.0.0.1:${(untrusted.address() as AddressInfo).port}`,
    closed: `http://127.0.0.1:${gone.port}`,
  }
  return {
    exits: {
      candidates: async (choice) => choice?.names ?? ['direct'],
      upstream: (exit) =>
        exit === 'direct' ? null : upstreamOf(exit, 'PROXY', addresses[exit as FaultExit]),
      tell: async () => undefined,
    },
    close() {
      for (const proxy of [good, locked, refusing, goodSocks, lockedSocks]) proxy.close()
      untrusted.closeAllConnections()
      untrusted.close()
    },
  }
}
