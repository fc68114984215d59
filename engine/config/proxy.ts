/** Proxies: other ways out. A proxy names the environment variable that holds its address, never the address. */
import type { EnvName } from './channel.ts'
import { callerOf, type Source } from './source.ts'
import { plain } from './stream.ts'

export interface Proxy {
  readonly kind: 'proxy'
  readonly env: unknown
  readonly options: Readonly<Record<string, unknown>>
  readonly source: Source | null
}

export interface ProxyOptions {
  /** Unique; default the name of the variable. Stands in runs and in the block ledger. */
  name?: string
  /** Where it comes out, two letters (ISO 3166-1), such as `de`. */
  country?: string
}

/** A proxy whose address, `http://user:password@host:port` or `https://…` or `socks5://…`, is in the variable `env`. */
export function proxy<const E extends string>(env: EnvName<E>, options: ProxyOptions = {}): Proxy {
  return { kind: 'proxy', env, options: plain(options), source: callerOf(proxy) }
}
