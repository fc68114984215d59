/** `WS /v1/live`: lets a socket in (bounded in number, message size and rate) and joins it to the hub. */
import { upgradeWebSocket } from '@hono/node-server'
import type { MiddlewareHandler } from 'hono'
import type { WebSocket } from 'ws'
import { problem, RETRY_AFTER } from '../http/problem.ts'
import type { Hub } from './hub.ts'
import { Allowance, readMessage } from './inbound.ts'
import type { Screen, Wire } from './screen.ts'

export const MAX_SOCKETS = 500

export function liveSocket(
  hub: Hub,
  clock: () => number,
  onCount: (open: number) => void,
  maxSockets = MAX_SOCKETS,
): MiddlewareHandler {
  const upgrade = upgradeWebSocket(() => {
    let screen: Screen | undefined
    const allowance = new Allowance(clock())
    return {
      onOpen: (_, socket) => {
        const raw = socket.raw as unknown as WebSocket
        const opened = hub.open(wireOf(raw))
        screen = opened
        raw.on('pong', () => (opened.heardAt = clock()))
        onCount(hub.size)
      },
      onMessage: (event) => {
        if (screen === undefined) return
        screen.heardAt = clock()
        if (!allowance.take(clock())) return screen.close(1008, 'too many messages')
        const message = readMessage(event.data)
        if (typeof message === 'string') screen.say({ type: 'error', message })
        else hub.hear(screen, message)
      },
      onClose: () => {
        if (screen !== undefined) hub.leave(screen)
        onCount(hub.size)
      },
    }
  })
  return async (c, next) => {
    if (c.req.header('upgrade') !== undefined && hub.size >= maxSockets) {
      return problem(c, {
        status: 503,
        title: 'Too many sockets',
        detail: `${maxSockets} sockets are open already.`,
        todo: 'Close screens nobody looks at, or start another API process.',
        headers: RETRY_AFTER,
      })
    }
    return upgrade(c, next)
  }
}

/** Sends to a closing socket are dropped, not thrown: its screen is about to leave. */
function wireOf(socket: WebSocket): Wire {
  return {
    send: (frame) => {
      if (socket.readyState === socket.OPEN) socket.send(frame, { binary: false }, () => undefined)
    },
    buffered: () => socket.bufferedAmount,
    ping: () => {
      if (socket.readyState === socket.OPEN) socket.ping()
    },
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate(),
  }
}
