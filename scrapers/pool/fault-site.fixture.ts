/** Sites that misbehave, one way per case: a server for pages, and four more with certificates nobody should trust. */
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { selfSigned } from '../../test/harness/certificate.ts'

/** What one case answers with. */
export type Answer = (site: Visited) => unknown

export interface Visited {
  request: IncomingMessage
  response: ServerResponse
  /** What comes after the case's own prefix, `/` at least. */
  path: string
  /** Address of another path of the same case, or of another host. */
  to: (path: string, host?: string) => string
  html: (body: string, status?: number, headers?: Record<string, string>) => void
}

export interface FaultSite {
  /** Address of a case on one of the servers. */
  url: (index: number, at?: Place) => string
  close: () => Promise<void>
}

/** Of an old service that no machine has; a port that was free a moment ago may be another test's now. */
const NOBODYS_PORT = 10

/** `closed`: a port nobody listens on; `nowhere`: a name nobody has; `plain`: no TLS where TLS is expected. */
export type Place = keyof typeof CERTIFICATES | 'page' | 'closed' | 'nowhere' | 'plain' | 'unsafe'

const DAY = 86_400_000
const CERTIFICATES = {
  unknown: [['bank.localhost'], -1, 90],
  expired: [['bank.localhost'], -90, -1],
  stranger: [['other.localhost'], -1, 90],
  soon: [['bank.localhost'], -1, 5.5],
} as const

export async function startFaultSite(answers: Answer[]): Promise<FaultSite> {
  const servers: Server[] = []
  const listen = async (server: Server): Promise<number> => {
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return (server.address() as AddressInfo).port
  }
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const [, index = '', rest = ''] = /^\/(\d+)(.*)$/.exec(request.url ?? '') ?? []
    const html: Visited['html'] = (body, status = 200, headers = {}) =>
      response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(body)
    const to: Visited['to'] = (path, host = 'bank.localhost') => `http://${host}:${port}/${index}${path}`
    const asked = answers[Number(index)]
    if (index === '' || !asked) return html('', 404)
    asked({ request, response, path: rest === '' ? '/' : rest, to, html })
  }
  const port = await listen(createServer(answer))
  const secure = new Map<string, number>()
  for (const [name, [hosts, from, until]] of Object.entries(CERTIFICATES)) {
    const made = selfSigned([...hosts], Date.now() + from * DAY, Date.now() + until * DAY)
    secure.set(name, await listen(createTlsServer(made, answer)))
  }
  return {
    url(index, at = 'page') {
      const places: Record<string, string> = {
        page: `http://bank.localhost:${port}`,
        plain: `https://bank.localhost:${port}`,
        closed: `http://bank.localhost:${NOBODYS_PORT}`,
        nowhere: 'http://nowhere.invalid',
        unsafe: 'http://bank.localhost:6667',
      }
      return `${places[at] ?? `https://bank.localhost:${secure.get(at)}`}/${index}`
    },
    async close() {
      for (const server of servers) {
        if ('closeAllConnections' in server) (server as ReturnType<typeof createServer>).closeAllConnections()
        server.close()
      }
    },
  }
}
