/** The socket to the server: subscribes to the board, pings, and comes back by itself with back-off and jitter. */
import type { ServerMessage } from '../../live/protocol.ts'

const PING_EVERY = 2000
/** A socket that is open but says nothing for this long (ms) is dead. */
const GIVE_UP_AFTER = 9000
const FIRST_WAIT = 400
const LONGEST_WAIT = 4000

/** How long to wait before attempt `attempt` (0, 1, …), ms; `random` in [0, 1) spreads many screens apart. */
export function wait(attempt: number, random: number): number {
  return Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.min(attempt, 10)) * (0.5 + random)
}

/** Keeps a socket to `url` alive for the life of the page. */
export function link(url: string, hear: (message: ServerMessage) => void): void {
  let attempt = 0
  let retry: ReturnType<typeof setTimeout> | undefined

  const open = (): void => {
    clearTimeout(retry)
    retry = undefined
    const socket = new WebSocket(url)
    let heardAt = performance.now()
    const ping = setInterval(() => {
      if (performance.now() - heardAt > GIVE_UP_AFTER) over()
      else if (socket.readyState === WebSocket.OPEN) socket.send('{"type":"ping"}')
    }, PING_EVERY)
    const done = new AbortController()
    // Called by hand too: a dead connection may take minutes to fire `close`.
    const over = (): void => {
      done.abort()
      socket.close()
      clearInterval(ping)
      retry = setTimeout(open, wait(attempt++, Math.random()))
    }
    const on = { signal: done.signal }
    socket.addEventListener('open', () => socket.send('{"type":"subscribe","topic":"board"}'), on)
    socket.addEventListener('close', over, on)
    socket.addEventListener(
      'message',
      (event) => {
        heardAt = performance.now()
        const message = parse(event.data)
        if (message === null) return
        attempt = 0
        hear(message)
      },
      on,
    )
  }

  addEventListener('online', () => {
    if (retry !== undefined) open()
  })
  open()
}

function parse(data: unknown): ServerMessage | null {
  try {
    return JSON.parse(String(data)) as ServerMessage
  } catch {
    return null
  }
}
