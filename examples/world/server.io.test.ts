/** What the hosts of the world answer, fine and struck, over real sockets where that matters. */
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { BANKS } from './bank/index.ts'
import { dealt, type Fault } from './deal.ts'
import { answerOf, RETRY_AFTER, type Scene, SLOW, worldServer } from './server.ts'

const NOW = 1_790_000_000_000

function scene(seed: number, sinceLive: number): Scene {
  return { deal: dealt(seed), now: () => NOW, live: () => NOW - sinceLive }
}

function page(at: Scene, bank: string): { status: number; body: string; wait: number } {
  const answer = answerOf(at, bank, '/accounts')
  if (answer === 'reset') throw new Error(`${bank} cut the connection`)
  return answer
}

function struck(seed: number, fault: Fault): string {
  return dealt(seed).plights.find((plight) => plight.fault === fault)!.bank
}

describe('before the world is live', () => {
  test('a host that is no bank but a word of JavaScript is not found, and harms nothing', () => {
    for (const name of ['constructor', '__proto__', 'toString'])
      expect(answerOf(scene(1, -Infinity), name, '/accounts')).toMatchObject({ status: 404 })
  })

  test('every bank shows its page, in time, with its balance in the usual place', () => {
    const calm = scene(1, -Infinity)
    for (const [name, bank] of Object.entries(BANKS)) {
      const { status, body, wait } = page(calm, name)
      expect(status).toBe(200)
      expect(wait).toBeLessThan(200)
      expect(body).toContain(bank.name)
      expect(body).toMatch(/<h1|role="heading"/)
    }
  })

  test('only the empty account says that it has no transactions', () => {
    const calm = scene(1, -Infinity)
    const none = /no transactions|no movements|no entries|nothing has happened|keine umsätze|no statement/i
    // Meridian writes its sentence by a script; its page always holds it.
    const saying = Object.keys(BANKS).filter((name) => none.test(page(calm, name).body))
    expect(saying.filter((name) => name !== 'meridian-bank')).toEqual([struck(1, 'empty')])
  })
})

describe('once every fault has begun', () => {
  const after = scene(1, 60_000)

  test('one page calls its balance something else, and the rest of it is as before', () => {
    const name = struck(1, 'renames')
    const [before, now] = [page(scene(1, -Infinity), name).body, page(after, name).body]
    expect(now).not.toBe(before)
    expect(now.replaceAll(dealt(1).renamedTo, BANKS[name]!.name)).toBe(before)
  })

  test('one throttles, one challenges, one is slow', () => {
    expect(answerOf(after, struck(1, 'throttled'), '/accounts')).toMatchObject({
      status: 429,
      headers: { 'retry-after': String(RETRY_AFTER) },
    })
    expect(answerOf(after, struck(1, 'challenge'), '/accounts')).toMatchObject({
      status: 403,
      headers: { 'cf-mitigated': 'challenge' },
    })
    const slow = page(after, struck(1, 'slow'))
    expect(slow.status).toBe(200)
    expect(slow.wait).toBeGreaterThanOrEqual(SLOW[0])
  })

  test('one is down, in one of two ways', () => {
    const ways = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => {
      const answer = answerOf(scene(seed, 60_000), struck(seed, 'down'), '/accounts')
      return answer === 'reset' ? answer : answer.status
    })
    expect(new Set(ways)).toEqual(new Set(['reset', 503]))
  })

  test('the others are fine', () => {
    for (const name of dealt(1).fine) expect(page(after, name).status).toBe(200)
  })
})

test('one server is all hosts, and a cut connection is truly cut', async () => {
  const seed = [1, 2, 3, 4, 5, 6, 7, 8].find((each) => dealt(each).downAs === 'reset')!
  const server = worldServer(scene(seed, 60_000))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const visit = async (host: string, path: string): Promise<{ status: number; body: string }> => {
    const request = get({ host: '127.0.0.1', port, path, headers: { host: `${host}:${port}` } })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    return { status: response.statusCode!, body: await text(response) }
  }
  try {
    const ticker = await visit('exchange.localhost', '/api/ticker?since=1')
    expect(JSON.parse(ticker.body)).toMatchObject({ intervalSeconds: 10, markets: { length: 6 } })
    expect(JSON.parse((await visit('api.localhost', '/health')).body)).toMatchObject({ status: 'ok' })
    expect((await visit('nobody.localhost', '/accounts')).status).toBe(404)
    expect((await visit('north-bank.localhost', '/admin')).status).toBe(404)
    await expect(visit(`${struck(seed, 'down')}.localhost`, '/accounts')).rejects.toThrow(/hang up|RESET/)
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
