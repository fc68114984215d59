/** One HTTP server for all hosts of the world: the Host header decides who answers. Loopback only. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { accountAt } from './account.ts'
import { BANKS } from './bank/index.ts'
import { faultOf, type Deal, type Fault } from './deal.ts'
import { ticker } from './exchange.ts'
import { framed } from './markup.ts'
import { pause } from './visits.ts'

/** What the server must know of the world: its deal, the time, and when it went live (Infinity: not yet). */
export interface Scene {
  deal: Deal
  now: () => number
  live: () => number
}

/** Seconds a throttled client is told to wait. */
export const RETRY_AFTER = 20
/** A slow bank takes this long to answer, ms. */
export const SLOW: readonly [number, number] = [3000, 4000]

interface Answer {
  status: number
  type: string
  body: string
  headers?: Record<string, string>
  /** ms before the answer. */
  wait: number
}

/** The server, not listening yet. */
export function worldServer(scene: Scene): Server {
  return createServer({ requestTimeout: 10_000, maxHeaderSize: 16_384 }, (request, response) => {
    void reply(scene, request, response)
  })
}

async function reply(scene: Scene, request: IncomingMessage, response: ServerResponse): Promise<void> {
  request.resume()
  const name = (request.headers.host ?? '').split('.localhost')[0] ?? ''
  const answer = answerOf(scene, name, (request.url ?? '/').split('?')[0] ?? '/')
  if (answer === 'reset') return void request.socket.resetAndDestroy()
  await sleep(answer.wait)
  response.writeHead(answer.status, {
    'content-type': `${answer.type}; charset=utf-8`,
    'cache-control': 'no-store',
    ...answer.headers,
  })
  response.end(request.method === 'HEAD' ? undefined : answer.body)
}

/** What `name` answers to a request for `path` now; `reset` = the connection is cut without a word. */
export function answerOf(scene: Scene, name: string, path: string): Answer | 'reset' {
  const { deal } = scene
  const now = scene.now()
  const wait = pause(deal, name, now)
  if (name === 'exchange' && path === '/api/ticker') return json(ticker(deal, now, scene.live()), wait)
  if (name === 'api' && path === '/health') return json({ status: 'ok', service: 'shop' }, wait)
  if (!Object.hasOwn(BANKS, name) || (path !== '/accounts' && path !== '/')) {
    return html(404, '<!doctype html><title>Not found</title><h1>Not found</h1>', wait)
  }
  return bankAnswer(deal, name, now, faultOf(deal, name, now - scene.live()), wait)
}

function bankAnswer(
  deal: Deal,
  name: string,
  now: number,
  fault: Fault | null,
  wait: number,
): Answer | 'reset' {
  if (fault === 'down') {
    return deal.downAs === 'reset' ? 'reset' : html(503, simple('Service unavailable', 'Maintenance.'), wait)
  }
  if (fault === 'throttled') {
    return html(429, simple('Too many requests', 'Please slow down.'), wait, {
      'retry-after': `${RETRY_AFTER}`,
    })
  }
  if (fault === 'challenge') {
    const body = simple('Just a moment', 'We are checking your browser before you may enter.')
    return html(403, body, wait, { 'cf-mitigated': 'challenge' })
  }
  const bank = BANKS[name]!
  const held = fault === 'renames' ? deal.renamedTo : bank.name
  const frame = bank.page(accountAt(deal.draw, name, now, fault === 'empty'), held)
  const page = framed(frame, deal.offerFirst[name] ?? false)
  return html(200, page, fault === 'slow' ? SLOW[0] + deal.draw('slow', now) * (SLOW[1] - SLOW[0]) : wait)
}

function simple(title: string, text: string): string {
  return `<!doctype html><html lang="en"><title>${title}</title><link rel="icon" href="data:,"><h1>${title}</h1><p>${text}</p></html>`
}

function html(status: number, body: string, wait: number, headers?: Record<string, string>): Answer {
  return { status, type: 'text/html', body, wait, ...(headers && { headers }) }
}

function json(value: object, wait: number): Answer {
  return { status: 200, type: 'application/json', body: JSON.stringify(value), wait }
}
