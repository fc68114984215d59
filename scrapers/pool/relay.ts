/**
 * The only way out of one browser context: a SOCKS5 server (RFC 1928) on loopback that resolves each name once, judges
 * the addresses, and connects to what it has judged. The browser asks no resolver, so a name that answers differently
 * the second time gains nothing, and redirects, frames, scripts, images and sockets are all bound by the same guard.
 */
import { type Server, type Socket, connect, createServer } from 'node:net'
import {
  PrivateTarget,
  type Reach,
  type Resolve,
  bareHost,
  guardedLookup,
  refuseLiteral,
} from '../../engine/index.ts'
import { readExactly } from '../politeness/exit/exact-bytes.ts'
import { dialThrough } from '../politeness/exit/dial.ts'
import type { Upstream } from '../politeness/exit/upstream.ts'

export interface Relay {
  /** As `proxyServer` of a browser context. */
  readonly url: string
  /** Opens the relay for what `reach` allows, through the proxy where there is one; before, nothing passes. */
  allow(reach: Reach, through?: Upstream | null): void
  /** Why `hostname` was refused, or null. */
  refused(hostname: string): string | null
  /** The host that could not be reached most recently, or null. */
  readonly newestFailure: string | null
  /** Why the newest connection to `hostname` failed, as Node names it, or null. */
  failure(hostname: string): string | null
  /** How long the first connection to `hostname` took, ms; `dns` is not there for literal addresses. */
  timings(hostname: string): { dns?: number; connect?: number }
  close(): void
}

interface Host {
  refused: string | null
  failure: string | null
  dns?: number
  connect?: number
}

/** A page that opens more connections at once, or talks to more hosts, is no page. */
const MAX_CONNECTIONS = 256
const MAX_HOSTS = 1000
/** Longest time a proxy may take to connect, ms. */
const TUNNEL_MS = 15_000
/** The browser is on this machine: its greeting is here at once. */
const GREETING_MS = 5000

const VERSION = 5
const CONNECT = 1
const ACCEPTED = 0
/** Chromium tells this one as ERR_ADDRESS_UNREACHABLE and goes on using the relay. */
const UNREACHABLE = 4

/** Starts a relay; `resolve`: the system's resolver by default. */
export async function openRelay(resolve?: Resolve): Promise<Relay> {
  const hosts = new Map<string, Host>()
  const sockets = new Set<Socket>()
  let reach: Reach | null = null
  let through: Upstream | null = null
  let newestFailure: string | null = null

  const noteOf = (hostname: string): Host => {
    const host = bareHost(hostname)
    const known = hosts.get(host)
    if (known) return known
    const note: Host = { refused: null, failure: null }
    if (hosts.size < MAX_HOSTS) hosts.set(host, note)
    return note
  }
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  }

  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    keep(client)
    client.on('error', () => client.destroy())
    if (sockets.size > 2 * MAX_CONNECTIONS) return void client.destroy()
    serve(client).catch(() => client.destroy())
  })

  async function serve(client: Socket): Promise<void> {
    client.setTimeout(GREETING_MS, () => client.destroy())
    const [version, methods = 0] = await readExactly(client, 2)
    if (version !== VERSION) return void client.destroy()
    await readExactly(client, methods)
    client.write(Buffer.from([VERSION, 0]))
    const [, command, , kind] = await readExactly(client, 4)
    const hostname = await readHost(client, kind)
    const port = (await readExactly(client, 2)).readUInt16BE()
    client.setTimeout(0)
    if (command !== CONNECT || hostname === null) return void client.destroy()
    open(client, hostname, port)
  }

  function open(client: Socket, hostname: string, port: number): void {
    const note = noteOf(hostname)
    const fail = (error: NodeJS.ErrnoException): void => {
      if (error instanceof PrivateTarget) note.refused = error.message
      note.failure = textOf(error)
      newestFailure = hostname
      if (!client.destroyed) client.end(answer(UNREACHABLE))
    }
    const refused = refuseLiteral(hostname, reach ?? 'public')
    if (refused || reach === null) return fail(refused ?? new Error('nothing may pass yet'))
    const begun = performance.now()
    let found = begun
    const noteFound = (): void => {
      found = performance.now()
      note.dns ??= tenth(found - begun)
    }
    if (through !== null) {
      const dial = { reach, timeout: TUNNEL_MS, resolve, found: noteFound }
      dialThrough(through, hostname, port, dial).then((target) => join(client, target, note, found), fail)
      return
    }
    const target = connect({
      host: hostname,
      port,
      lookup: guardedLookup(reach, resolve),
      noDelay: true,
      allowHalfOpen: true,
    })
    keep(target)
    target.once('lookup', noteFound)
    target.once('error', fail)
    client.once('close', () => target.destroy())
    target.once('connect', () => {
      target.off('error', fail)
      join(client, target, note, found)
    })
  }

  /** `target` stands; `found`: when its name was resolved. */
  function join(client: Socket, target: Socket, note: Host, found: number): void {
    keep(target)
    if (client.destroyed) return void target.destroy()
    client.once('close', () => target.destroy())
    note.failure = null
    note.connect ??= tenth(performance.now() - found)
    // What breaks there has to break here in the same way: a reset is no end.
    target.on('error', () => client.resetAndDestroy())
    target.once('close', () => client.destroySoon())
    client.write(answer(ACCEPTED))
    client.pipe(target)
    target.pipe(client)
  }

  await new Promise<void>((done, failed) => {
    server.once('error', failed)
    server.listen(0, '127.0.0.1', done)
  })
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    url: `socks5://127.0.0.1:${port}`,
    allow: (allowed, upstream = null) => {
      reach = allowed
      through = upstream
    },
    get newestFailure() {
      return newestFailure
    },
    refused: (hostname) => hosts.get(bareHost(hostname))?.refused ?? null,
    failure: (hostname) => hosts.get(bareHost(hostname))?.failure ?? null,
    timings: (hostname) => {
      const { dns, connect: connected } = hosts.get(bareHost(hostname)) ?? {}
      return {
        ...(dns === undefined ? {} : { dns }),
        ...(connected === undefined ? {} : { connect: connected }),
      }
    },
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** The host of a request: an IPv4 address, a name, or an IPv6 address; null for anything else. */
async function readHost(socket: Socket, kind: number | undefined): Promise<string | null> {
  if (kind === 1) return [...(await readExactly(socket, 4))].join('.')
  if (kind === 3)
    return (await readExactly(socket, (await readExactly(socket, 1))[0] ?? 0)).toString('latin1')
  if (kind !== 4) return null
  const bytes = await readExactly(socket, 16)
  return Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16)).join(':')
}

function answer(code: number): Buffer {
  return Buffer.from([VERSION, code, 0, 1, 0, 0, 0, 0, 0, 0])
}

function textOf(error: NodeJS.ErrnoException): string {
  if (error instanceof AggregateError && error.errors.length > 0) return textOf(error.errors[0])
  const { code, message } = error
  return code === undefined || message.includes(code) ? message : `${code}: ${message}`
}

function tenth(ms: number): number {
  return Math.round(ms * 10) / 10
}
