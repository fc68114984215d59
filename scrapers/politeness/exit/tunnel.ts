/** A connection to a host through a proxy: CONNECT (RFC 9110 §9.3.6), over TCP or TLS, or SOCKS5 (RFC 1928 and 1929). */
import { type RequestOptions, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { type Socket, connect, isIPv4, isIPv6 } from 'node:net'
import { readExactly } from './exact-bytes.ts'
import type { Upstream } from './upstream.ts'

/** The proxy failed, not the site; its message begins with the name that Chromium has for it. */
export class ProxyFailure extends Error {
  constructor(code: string, { name }: Upstream, what: string) {
    super(`${code}: proxy ${name}: ${what}`)
    this.name = 'ProxyFailure'
  }
}

const CONNECTING = 'ERR_PROXY_CONNECTION_FAILED'
const AUTH = 'ERR_PROXY_AUTH_REQUESTED'
const TUNNEL = 'ERR_TUNNEL_CONNECTION_FAILED'
const CERTIFICATE = 'ERR_PROXY_CERTIFICATE_INVALID'

/** `address`: judged already, a literal one: the proxy is not asked to resolve names. Rejects with ProxyFailure. */
export async function openTunnel(
  upstream: Upstream,
  address: string,
  port: number,
  timeout: number,
): Promise<Socket> {
  // Of a signal that fires once the tunnel stands the connection would die.
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), timeout)
  try {
    return await (upstream.kind === 'socks5'
      ? throughSocks(upstream, address, port, late.signal)
      : throughConnect(upstream, address, port, late.signal))
  } catch (error) {
    if (error instanceof ProxyFailure) throw error
    if (late.signal.aborted) throw new ProxyFailure(CONNECTING, upstream, `no answer within ${timeout} ms`)
    const { code, message } = error as NodeJS.ErrnoException
    const tls = /CERT|ERR_TLS|ERR_SSL|SELF_SIGNED|UNABLE_TO_|EPROTO/.test(`${code} ${message}`)
    throw new ProxyFailure(tls ? CERTIFICATE : CONNECTING, upstream, code ?? message)
  } finally {
    clearTimeout(timer)
  }
}

/** Whether the proxy can be connected to; nothing is sent to any site. */
export function answers({ host, port }: Upstream, timeout: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const done = (there: boolean): void => {
      socket.destroy()
      resolve(there)
    }
    socket.setTimeout(timeout, () => done(false))
    socket.once('connect', () => done(true)).once('error', () => done(false))
  })
}

function throughConnect(
  upstream: Upstream,
  address: string,
  port: number,
  signal: AbortSignal,
): Promise<Socket> {
  const { kind, user, password } = upstream
  const authority = `${isIPv6(address) ? `[${address}]` : address}:${port}`
  const options: RequestOptions = {
    host: upstream.host,
    port: upstream.port,
    method: 'CONNECT',
    path: authority,
    agent: false,
    signal,
    headers: {
      host: authority,
      ...(user !== '' && {
        'proxy-authorization': `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
      }),
    },
  }
  return new Promise((resolve, reject) => {
    const request = kind === 'https' ? httpsRequest(options) : httpRequest(options)
    request.once('connect', ({ statusCode = 0 }, socket: Socket, head: Buffer) => {
      if (statusCode >= 200 && statusCode < 300) {
        if (head.length > 0) socket.unshift(head)
        return resolve(socket)
      }
      socket.destroy()
      reject(new ProxyFailure(statusCode === 407 ? AUTH : TUNNEL, upstream, `answered ${statusCode}`))
    })
    // A proxy that answers CONNECT as if it were a page.
    request.once('response', (response) => {
      response.destroy()
      reject(new ProxyFailure(TUNNEL, upstream, `answered ${response.statusCode}`))
    })
    request.on('error', reject)
    request.end()
  })
}

const NO_AUTH = 0
const BY_PASSWORD = 2

async function throughSocks(
  upstream: Upstream,
  address: string,
  port: number,
  signal: AbortSignal,
): Promise<Socket> {
  const { host, user, password } = upstream
  const socket = connect({ host, port: upstream.port, noDelay: true, signal })
  try {
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    socket.on('error', () => socket.destroy())
    socket.write(Buffer.from([5, 1, user === '' ? NO_AUTH : BY_PASSWORD]))
    const [, method] = await readExactly(socket, 2)
    if (method === BY_PASSWORD && user !== '') {
      const [name, secret] = [Buffer.from(user), Buffer.from(password)]
      socket.write(Buffer.concat([Buffer.from([1, name.length]), name, Buffer.from([secret.length]), secret]))
      const [, refused] = await readExactly(socket, 2)
      if (refused !== 0) throw new ProxyFailure(AUTH, upstream, 'refused the credentials')
    } else if (method !== NO_AUTH) throw new ProxyFailure(AUTH, upstream, 'asks for other credentials')
    socket.write(
      Buffer.concat([Buffer.from([5, 1, 0]), addressBytes(address), Buffer.from([port >> 8, port & 255])]),
    )
    const [, code, , kind] = await readExactly(socket, 4)
    if (code !== 0) throw new ProxyFailure(TUNNEL, upstream, `answered ${code}`)
    const length = kind === 1 ? 4 : kind === 4 ? 16 : ((await readExactly(socket, 1))[0] ?? 0)
    await readExactly(socket, length + 2)
    socket.removeAllListeners('error')
    return socket
  } catch (error) {
    socket.destroy()
    throw error
  }
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from([1, ...address.split('.').map(Number)])
  const { hostname } = new URL(`http://[${address}]/`)
  const [head = '', tail] = hostname.slice(1, -1).split('::')
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'))
  const before = groups(head)
  const after = groups(tail ?? '')
  const zeros = Array<string>(8 - before.length - after.length).fill('0')
  const bytes = Buffer.alloc(17)
  bytes[0] = 4
  for (const [i, group] of [...before, ...zeros, ...after].entries())
    bytes.writeUInt16BE(parseInt(group, 16), 1 + 2 * i)
  return bytes
}
