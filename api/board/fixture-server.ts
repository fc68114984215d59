/** A board on a real HTTP server and a real WebSocket, fed by hand: for tests and for looking at. */
import { serve, upgradeWebSocket, type ServerType } from '@hono/node-server'
import { Hono } from 'hono'
import { WebSocketServer, type WebSocket } from 'ws'
import type { ClientMessage, ServerMessage } from '../live/protocol.ts'
import { NOW } from './fixture.ts'
import { boardRoutes } from './routes.ts'
import type { BoardState } from './board.ts'

export interface FixtureServer {
  url: string
  /** Sends this state to all pages, now and every second, as made now: instants in it keep their age. */
  show(board: BoardState): void
  /** The evidence that is there: a picture or none, what is known beside it, and the page as text. */
  prove(picture: Uint8Array<ArrayBuffer> | null, about: object, html?: string): void
  /** Paths asked over HTTP so far. */
  asked: string[]
  /** Ends all sockets and lets none in, until `mend`. */
  cut(): void
  mend(): void
  /** Sockets stay open, but nothing is said or answered any more, until `mend`. */
  mute(): void
  /** Pings are answered, but no board comes any more, until `mend`. */
  freeze(): void
  close(): Promise<void>
}

export async function startFixtureServer(): Promise<FixtureServer> {
  const sockets = new Set<WebSocket>()
  const asked: string[] = []
  const started = Date.now()
  let state: 'open' | 'cut' | 'mute' | 'frozen' = 'open'
  let board: BoardState | null = null
  let proof: { picture: Uint8Array<ArrayBuffer> | null; about: object; html: string } | null = null
  // The fixture's clock starts at NOW and runs on, as the server's does.
  const clock = (): number => NOW + Date.now() - started
  const say = (socket: WebSocket, message: ServerMessage): void => {
    if (state !== 'mute') socket.send(JSON.stringify(message))
  }
  const tell = (): void => {
    if (state === 'frozen') return
    for (const socket of sockets) if (board) say(socket, { type: 'board', board: { ...board, now: clock() } })
  }
  const app = new Hono()
  app.use(async (c, next) => {
    if (c.req.header('upgrade') === undefined) asked.push(c.req.path)
    await next()
  })
  app.get('/v1/live', async (c, next) => {
    if (state === 'cut') return c.text('cut', 503)
    return upgradeWebSocket(() => ({
      onOpen: (_, socket) => {
        const raw = socket.raw as unknown as WebSocket
        sockets.add(raw)
        say(raw, { type: 'hello', now: clock(), config: null })
      },
      onMessage: (event, socket) => {
        const message = JSON.parse(String(event.data)) as ClientMessage
        if (message.type === 'ping') say(socket.raw as unknown as WebSocket, { type: 'pong', now: clock() })
        if (message.type === 'subscribe') tell()
      },
      onClose: (_, socket) => sockets.delete(socket.raw as unknown as WebSocket),
    }))(c, next)
  })
  app.get('/v1/evidence/:id', (c) => (proof === null ? c.notFound() : c.json(proof.about)))
  app.get('/v1/evidence/:id/screenshot', (c) =>
    proof?.picture ? c.body(proof.picture, 200, { 'content-type': 'image/webp' }) : c.notFound(),
  )
  app.get('/v1/evidence/:id/html', (c) => (proof === null ? c.notFound() : c.text(proof.html)))
  app.route('/', boardRoutes())
  const websocket = { server: new WebSocketServer({ noServer: true }) }
  const server = await new Promise<ServerType>((resolve) => {
    const made = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1', websocket }, () => resolve(made))
  })
  const timer = setInterval(tell, 1000)
  const address = server.address() as { port: number }
  return {
    url: `http://127.0.0.1:${address.port}/`,
    asked,
    show: (next) => {
      board = next
      tell()
    },
    prove: (picture, about, html = '') => (proof = { picture, about, html }),
    cut: () => {
      state = 'cut'
      for (const socket of sockets) socket.terminate()
    },
    mend: () => (state = 'open'),
    mute: () => (state = 'mute'),
    freeze: () => (state = 'frozen'),
    close: () => {
      clearInterval(timer)
      for (const socket of sockets) socket.terminate()
      return new Promise((resolve) => {
        server.close(() => resolve())
        if ('closeAllConnections' in server) server.closeAllConnections()
      })
    },
  }
}
