/** A TCP proxy in front of Redis that does to one process what networks do: cuts, silence, lost and late replies. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface TcpProxy {
  readonly port: number
  /** Ends every connection at once. */
  cut(): void
  /**
   * Swallows the next reply and cuts: the command was done, its caller cannot know. With `to`, the reply to the next
   * request that holds this text.
   */
  loseReply(to?: string): void
  /** Replies swallowed so far. */
  readonly lost: number
  /** Ends every connection; new ones lead to another port. */
  moveTo(port: number): void
  /** Passes nothing on until `open`, neither ways; what was said meanwhile then arrives late, if its end still lives. */
  close(): void
  open(): void
  /** The connections of now never say anything again, and are never closed either; new ones work. */
  strand(): void
  /** Of the connections of now requests still arrive, but no reply ever does; new ones work. */
  mute(): void
  stop(): Promise<void>
}

interface Pair {
  client: Socket
  server: Socket
  stranded: boolean
  muted: boolean
  /** Its next reply is to be swallowed. */
  doomed: boolean
}

/** Bytes held back per connection and direction while closed; beyond it the sender feels the pressure. */
const HOLD = 8 * 1024 * 1024

/** Starts a proxy to 127.0.0.1:`target` on a free port. */
export async function startTcpProxy(target: number): Promise<TcpProxy> {
  const pairs = new Set<Pair>()
  let armed: string | null = null
  let lost = 0
  let port = target
  let closed = false
  let late: { to: Socket; chunk: Buffer; pair: Pair }[] = []
  let held = 0

  const end = (pair: Pair): void => {
    pair.client.destroy()
    pair.server.destroy()
    pairs.delete(pair)
  }
  const pass = (pair: Pair, to: Socket, chunk: Buffer): void => {
    if (pair.stranded) return
    if (!closed) return void to.write(chunk)
    held += chunk.length
    if (held > HOLD) end(pair)
    else late.push({ to, chunk, pair })
  }

  const listener = createServer((client) => {
    const server = connect(port, '127.0.0.1')
    const pair: Pair = { client, server, stranded: false, muted: false, doomed: false }
    pairs.add(pair)
    client
      .on('error', () => undefined)
      .on('close', () => {
        // A client that gave up while the line was dead may still be heard later.
        if (closed) return
        end(pair)
      })
    server
      .on('error', () => undefined)
      .on('close', () => {
        if (!pair.stranded) end(pair)
      })
    client.on('data', (chunk: Buffer) => {
      if (armed !== null && armed !== '' && !closed && chunk.includes(armed)) {
        armed = null
        pair.doomed = true
      }
      pass(pair, server, chunk)
    })
    server.on('data', (chunk: Buffer) => {
      if (pair.muted) return
      if ((armed !== '' && !pair.doomed) || closed) return pass(pair, client, chunk)
      if (!pair.doomed) armed = null
      lost++
      end(pair)
    })
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))

  return {
    port: (listener.address() as AddressInfo).port,
    cut: () => {
      for (const pair of pairs) end(pair)
    },
    get lost() {
      return lost
    },
    loseReply: (to = '') => void (armed = to),
    moveTo: (other) => {
      port = other
      for (const pair of pairs) end(pair)
    },
    close: () => void (closed = true),
    open: () => {
      closed = false
      for (const { to, chunk, pair } of late) if (!pair.stranded && !to.destroyed) to.write(chunk)
      late = []
      held = 0
      for (const pair of pairs) if (pair.client.destroyed) setTimeout(() => end(pair), 100).unref()
    },
    strand: () => {
      for (const pair of pairs) pair.stranded = true
    },
    mute: () => {
      for (const pair of pairs) pair.muted = true
    },
    stop: async () => {
      for (const pair of pairs) end(pair)
      await new Promise((resolve) => listener.close(resolve))
    },
  }
}
