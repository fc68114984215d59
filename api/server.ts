/** The HTTP server around the app: bounds on slow and malformed requests that never reach a route. */
import {
  createServer,
  STATUS_CODES,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { createAdaptorServer } from '@hono/node-server'
import type { Hono } from 'hono'
import { WebSocketServer } from 'ws'
import { problemBody, type Problem } from './http/problem.ts'
import { MAX_INBOUND_BYTES } from './live/inbound.ts'
import { setup } from './settings.ts'

export interface RunningServer {
  readonly host: string
  readonly port: number
  /** Takes no new connections; resolves when all are gone, `graceMs` later they are cut. */
  close(graceMs: number): Promise<void>
}

const LIMITS = {
  // A request without a host gets our answer, not Node's empty one.
  requireHostHeader: false,
  headersTimeout: 10_000,
  requestTimeout: 120_000,
  keepAliveTimeout: 5000,
  maxHeaderSize: 16_384,
}
const MAX_CONNECTIONS = 2000

const NO_HOST: Problem = {
  status: 400,
  title: 'Malformed host',
  detail: 'The Host header is missing, or is not a name with an optional port.',
  todo: 'Send one Host header, such as localhost:8080.',
}

/** Rejects with WEIR_SETUP where the port is taken or the address is none of this machine's. */
export async function startServer(app: Hono, host: string, port: number): Promise<RunningServer> {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_INBOUND_BYTES,
    perMessageDeflate: false,
  })
  const server = createAdaptorServer({
    fetch: app.fetch,
    createServer: ((limits: ServerOptions, answer: RequestListener) =>
      createServer(limits, (request, response) => {
        if (isHost(request.headers.host ?? '')) return answer(request, response)
        response.writeHead(400, { 'content-type': 'application/problem+json', connection: 'close' })
        response.end(problemBody(NO_HOST, ''))
      })) as typeof createServer,
    serverOptions: LIMITS,
    websocket: { server: sockets },
  }) as Server
  server.maxConnections = MAX_CONNECTIONS
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuse(socket, clientProblem(error)))
  refuseOtherUpgrades(server)
  await listen(server, host, port)
  return {
    host,
    port: (server.address() as AddressInfo).port,
    close: (graceMs) => close(server, sockets, graceMs),
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)))
    server.listen(port, host, resolve)
  })
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE') {
    return setup(
      `Port ${port} on ${host} is taken.`,
      'Set PORT to another one (0 takes a free one), or stop what uses it.',
    )
  }
  if (error.code === 'EACCES') {
    return setup(`Port ${port} needs more rights than this process has.`, 'Set PORT to one above 1023.')
  }
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return setup(
      `HOST=${host} is no address of this machine.`,
      'Set HOST to 127.0.0.1, 0.0.0.0 or one that `ip addr` shows.',
    )
  }
  return error
}

/**
 * The adaptor leaves an upgrade to anything but WebSocket unanswered, with the socket open for ever. Its listener
 * is wrapped rather than joined: with two of them it would no longer refuse sockets itself.
 */
function refuseOtherUpgrades(server: Server): void {
  const [upgrade] = server.listeners('upgrade') as ((...of: [IncomingMessage, Duplex, Buffer]) => void)[]
  server.removeAllListeners('upgrade')
  server.on('upgrade', (request, socket, head) => {
    if (request.headers.upgrade?.toLowerCase() === 'websocket') return upgrade!(request, socket, head)
    socket.on('error', () => undefined)
    refuse(socket, {
      status: 400,
      title: 'Unknown upgrade',
      detail: 'Only WebSocket is spoken here.',
      todo: 'Ask without the upgrade header.',
    })
  })
}

/** Whether the adaptor takes it for a host; anything else it would answer with an empty 400. */
function isHost(host: string): boolean {
  const url = `http://${host}/`
  const name = host.replace(/:\d+$/, '').toLowerCase()
  return URL.canParse(url) && new URL(url).hostname === name
}

function clientProblem(error: NodeJS.ErrnoException): Problem {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return {
      status: 408,
      title: 'Request too slow',
      detail: 'The request did not arrive in time.',
      todo: 'Send it faster, or in parts.',
    }
  }
  if (error.code === 'HPE_HEADER_OVERFLOW') {
    return {
      status: 431,
      title: 'Headers too large',
      detail: 'The headers are larger than 16 KB.',
      todo: 'Send fewer.',
    }
  }
  return {
    status: 400,
    title: 'Malformed request',
    detail: 'This is not HTTP.',
    todo: 'Check the client, or the proxy in between.',
  }
}

function refuse(socket: Duplex, problem: Problem): void {
  if (!socket.writable) return void socket.destroy()
  const body = problemBody(problem, '')
  socket.end(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\nconnection: close\r\n` +
      `content-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

async function close(server: Server, sockets: WebSocketServer, graceMs: number): Promise<void> {
  const gone = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const timer = setTimeout(() => {
    server.closeAllConnections()
    // Upgraded sockets no longer belong to the server.
    for (const socket of sockets.clients) socket.terminate()
  }, graceMs)
  await gone
  clearTimeout(timer)
}
