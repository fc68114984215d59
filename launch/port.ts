/** Ports of this machine: one that is free, or the one people asked for, refused clearly when it is taken. */
import { createServer } from 'node:net'
import { WeirError } from '../engine/index.ts'

/** A port that was free a moment ago. */
export function freePort(host = '127.0.0.1'): Promise<number> {
  return bound(0, host)
}

/** `PORT` of the environment, 8080 by default, 0 for any free one. Rejects with WEIR_SETUP when it is taken. */
export async function wantedPort(env: NodeJS.ProcessEnv, host: string): Promise<number> {
  const text = env['PORT'] || '8080'
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port > 65_535)
    throw setup(
      `PORT=${text.slice(0, 40)}`,
      'this is no port.',
      'Give a number from 0 to 65535; 0 takes a free one.',
    )
  return bound(port, host).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EADDRINUSE'
      ? setup(
          `port ${port}`,
          'another program listens there.',
          `Stop it, or take another port: PORT=${port < 65_535 ? port + 1 : 8080} npm start`,
        )
      : setup(`port ${port} on ${host}`, `cannot be opened (${error.message}).`, 'Take another PORT or HOST.')
  })
}

function bound(port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(port, host, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port))
    })
  })
}

function setup(where: string, message: string, todo: string): WeirError {
  return new WeirError(message, { code: 'WEIR_SETUP', domain: 'user', retry: false, where, todo })
}
