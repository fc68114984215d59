/** A proxy as it stands in the environment: where it is, how it speaks, and the credentials that nobody else sees. */
import { WeirError } from '../../../engine/index.ts'

export interface Upstream {
  name: string
  kind: 'http' | 'https' | 'socks5'
  host: string
  port: number
  user: string
  password: string
}

const PORTS: Record<Upstream['kind'], number> = { http: 80, https: 443, socks5: 1080 }

/**
 * Reads `http://user:password@host:port`, `https://…` (TLS to the proxy) or `socks5://…`. Throws WEIR_CONFIG that names
 * the variable and never its value.
 */
export function upstreamOf(name: string, variable: string, value: string | undefined): Upstream {
  const wrong = (what: string): WeirError =>
    new WeirError(`proxy ${name}: ${what}`, {
      code: 'WEIR_CONFIG',
      domain: 'user',
      retry: false,
      where: variable,
      todo: 'Set it to http://host:port, https://host:port or socks5://host:port, with user:password@ where needed.',
    })
  if (value === undefined || value === '') throw wrong('the variable is not set.')
  if (!URL.canParse(value)) throw wrong('the variable holds no address.')
  const url = new URL(value)
  const kind = url.protocol.replace(/:$/, '').replace(/^socks5h$/, 'socks5')
  if (kind !== 'http' && kind !== 'https' && kind !== 'socks5')
    throw wrong('this kind of proxy is not known.')
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (host === '') throw wrong('the address names no host.')
  const user = decoded(url.username)
  const password = decoded(url.password)
  if (user === null || password === null)
    throw wrong('user or password is not percent-encoded as in an address.')
  if (kind === 'socks5' && Math.max(Buffer.byteLength(user), Buffer.byteLength(password)) > 255)
    throw wrong('user and password of a SOCKS5 proxy have at most 255 bytes.')
  return { name, kind, host, port: url.port === '' ? PORTS[kind] : Number(url.port), user, password }
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}
