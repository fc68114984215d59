/** A TCP proxy in front of a server that can lose its replies, as broken networks do. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface LossyProxy {
  readonly port: number
  /** Replies lost so far. */
  readonly lost: number
  /** The next reply is swallowed and the connection cut: the command was done, its caller cannot know. */
  loseNextReply(): void
  /** From now on open connections answer nothing but stay open; new ones work. */
  freeze(): void
  stop(): Promise<void>
}

/** Starts a proxy to 127.0.0.1:`target` on a free port. */
export async function startLossyProxy(target: number): Promise<LossyProxy> {
  let armed = false
  let lost = 0
  const pairs = new Set<{ client: Socket; frozen: boolean }>()

  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    const pair = { client, frozen: false }
    pairs.add(pair)
    const cut = (): void => {
      client.destroy()
      upstream.destroy()
      pairs.delete(pair)
    }
    for (const socket of [client, upstream]) socket.on('error', cut).on('close', cut)
    client.on('data', (chunk) => void upstream.write(chunk))
    upstream.on('data', (chunk) => {
      if (pair.frozen) return void lost++
      if (!armed) return void client.write(chunk)
      armed = false
      lost++
      cut()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    port: (server.address() as AddressInfo).port,
    get lost() {
      return lost
    },
    loseNextReply: () => void (armed = true),
    freeze: () => {
      for (const pair of pairs) pair.frozen = true
    },
    stop: () => {
      for (const { client } of pairs) client.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
