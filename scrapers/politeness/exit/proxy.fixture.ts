/** Real proxies on loopback, of each kind, which keep a log of whom they were asked to connect to. */
import { type Server, createServer } from 'node:http'
import {
  type AddressInfo,
  type Server as TcpServer,
  type Socket,
  connect,
  createServer as createTcp,
} from 'node:net'
import { readExactly } from './exact-bytes.ts'

export interface TestProxy {
  port: number
  /** `address:port` of every connection asked for. */
  asked: string[]
  /** Answers CONNECT so instead; null connects. */
  answers: number | null
  close(): void
}

/** `credentials`: `user:password`, or none. It connects to this machine whatever it was asked for. */
export async function startHttpProxy(credentials?: string): Promise<TestProxy> {
  const server: Server = createServer((_, response) => response.writeHead(501).end())
  const proxy = await started(server)
  const sockets = new Set<Socket>()
  server.on('connect', (request, client: Socket) => {
    const wanted = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`
    proxy.asked.push(request.url!)
    const status = proxy.answers ?? (wanted && request.headers['proxy-authorization'] !== wanted ? 407 : 200)
    client.on('error', () => client.destroy())
    if (status !== 200) return void client.end(`HTTP/1.1 ${status} No\r\n\r\n`)
    const target = connect({ host: '127.0.0.1', port: Number(request.url!.split(':').at(-1)) })
    sockets.add(target).add(client)
    target.on('error', () => client.destroy())
    client.on('close', () => target.destroy())
    target.once('connect', () => {
      client.write('HTTP/1.1 200 Connected\r\n\r\n')
      client.pipe(target).pipe(client)
    })
  })
  return {
    ...proxy,
    get answers() {
      return proxy.answers
    },
    set answers(status) {
      proxy.answers = status
    },
    close() {
      for (const socket of sockets) socket.destroy()
      server.closeAllConnections()
      server.close()
    },
  }
}

export async function startSocksProxy(credentials?: string): Promise<TestProxy> {
  const sockets = new Set<Socket>()
  const server = createTcp((client) => {
    sockets.add(client)
    client.on('error', () => client.destroy())
    serve(client).catch(() => client.destroy())
  })
  const proxy = await started(server)
  async function serve(client: Socket): Promise<void> {
    const [, count = 0] = await readExactly(client, 2)
    const methods = await readExactly(client, count)
    const method = credentials === undefined ? 0 : 2
    client.write(Buffer.from([5, methods.includes(method) ? method : 255]))
    if (!methods.includes(method)) return
    if (method === 2) {
      const user = String(await readExactly(client, (await readExactly(client, 2))[1]!))
      const password = String(await readExactly(client, (await readExactly(client, 1))[0]!))
      const right = `${user}:${password}` === credentials
      client.write(Buffer.from([1, right ? 0 : 1]))
      if (!right) return
    }
    const [, , , kind] = await readExactly(client, 4)
    const bytes = await readExactly(client, kind === 1 ? 4 : 16)
    const port = (await readExactly(client, 2)).readUInt16BE()
    proxy.asked.push(`${kind === 1 ? bytes.join('.') : bytes.toString('hex')}:${port}`)
    const target = connect({ host: '127.0.0.1', port })
    sockets.add(target)
    target.on('error', () => client.destroy())
    client.on('close', () => target.destroy())
    target.once('connect', () => {
      client.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
      client.pipe(target).pipe(client)
    })
  }
  return {
    ...proxy,
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

async function started(server: Server | TcpServer): Promise<Pick<TestProxy, 'port' | 'asked' | 'answers'>> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, asked: [], answers: null }
}
