/** Delivery against a real HTTP server: what each answer means, and which addresses are never called. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { backoff } from './backoff.ts'
import { deliver, judge } from './deliver.ts'
import { readDestination } from './destination.ts'

const servers: { close(): void }[] = []
afterEach(() => servers.splice(0).forEach((server) => server.close()))

async function receiver(answer: (request: IncomingMessage, response: ServerResponse, body: string) => void) {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += String(chunk)))
    request.on('end', () => answer(request, response, body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push({ close: () => (server.closeAllConnections(), server.close()) })
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/services/SECRET`)
}

const options = { timeoutMs: 3000, allowPrivate: true, clock: () => 0 }

test('a message arrives as JSON with its key', async () => {
  const got: unknown[] = []
  const url = await receiver((request, response, body) => {
    got.push(request.headers['idempotency-key'], JSON.parse(body))
    response.end('ok')
  })
  expect(await deliver(url, { text: 'hello' }, 'a1 fired ops', options)).toEqual({ status: 'sent' })
  expect(got).toEqual(['a1 fired ops', { text: 'hello' }])
})

test('500, 429 and silence are tried again; 404 and redirects are not; the address stays secret', async () => {
  const answers: [number, Record<string, string>, string][] = [
    [500, {}, 'oops'],
    [429, { 'retry-after': '7' }, ''],
    [404, {}, 'no_service'],
    [302, { location: 'http://127.0.0.1:1/' }, ''],
    [400, {}, 'cannot post to /services/SECRET'],
  ]
  const url = await receiver((_, response) => {
    const [status, headers, body] = answers.shift()!
    response.writeHead(status, headers).end(body)
  })
  const post = () => deliver(url, {}, 'k', options)
  expect(await post()).toEqual({ status: 'retry', reason: 'HTTP 500: oops', afterMs: null })
  expect(await post()).toEqual({ status: 'retry', reason: 'HTTP 429', afterMs: 7000 })
  expect(await post()).toEqual({ status: 'failed', reason: 'HTTP 404: no_service' })
  expect(await post()).toEqual({ status: 'failed', reason: 'HTTP 302' })
  expect(await post()).toEqual({ status: 'failed', reason: 'HTTP 400' })

  const silent = await receiver(() => undefined)
  expect(await deliver(silent, {}, 'k', { ...options, timeoutMs: 30 })).toMatchObject({
    status: 'retry',
    reason: 'no answer in time',
  })
  const nobody = await deliver(new URL('http://127.0.0.1:1/SECRET'), {}, 'k', options)
  expect(nobody).toMatchObject({ status: 'retry', reason: expect.stringMatching(/^network: /) })
  expect(JSON.stringify(nobody)).not.toContain('SECRET')
})

test('Retry-After is honoured as seconds and as a date, within an hour', () => {
  const wait = (header: string) => judge(429, header, '', Date.UTC(2026, 0, 1))
  expect(wait('30')).toMatchObject({ afterMs: 30_000 })
  expect(wait('Thu, 01 Jan 2026 00:01:00 GMT')).toMatchObject({ afterMs: 60_000 })
  expect(wait('999999')).toMatchObject({ afterMs: 3_600_000 })
  expect(wait('soon')).toMatchObject({ afterMs: null })
})

test('only https addresses, and a reason never holds one', () => {
  const env = { A: 'https://hooks.example/x', B: 'http://hooks.example/SECRET', C: 'SECRET', D: '' }
  expect(readDestination(env, 'A', false)).toMatchObject({ ok: true })
  for (const name of ['B', 'C', 'D']) {
    const refused = readDestination(env, name, false)
    expect(refused).toMatchObject({ ok: false, reason: expect.stringContaining(name) })
    expect(JSON.stringify(refused)).not.toContain('SECRET')
  }
  expect(readDestination(env, 'B', true)).toMatchObject({ ok: true })
})

test('addresses of our inside are never called, written or resolved, also where the second answer differs', async () => {
  const careful = { ...options, allowPrivate: false }
  for (const inside of ['https://[::1]/', 'https://127.1/', 'https://169.254.169.254/']) {
    const outcome = await deliver(new URL(inside), {}, 'k', careful)
    expect(outcome).toMatchObject({ status: 'failed', reason: expect.stringMatching(/private/) })
  }
  let hits = 0
  const inside = await receiver((_, response) => (hits++, response.end()))
  const url = new URL(`http://hooks.example:${inside.port}/`)
  const answers = ['93.184.216.34', '127.0.0.1']
  const asked: string[] = []
  const outcome = await deliver(url, {}, 'k', {
    ...careful,
    timeoutMs: 200,
    resolve: (host, answer) => {
      asked.push(host)
      answer(null, [{ address: answers.shift() ?? '127.0.0.1', family: 4 }])
    },
  })
  expect({ hits, asked }).toEqual({ hits: 0, asked: ['hooks.example'] })
  expect(outcome).toMatchObject({ status: 'retry' })
  const mixed = [
    { address: '93.184.216.34', family: 4 },
    { address: '10.0.0.1', family: 4 },
  ]
  expect(
    await deliver(url, {}, 'k', { ...careful, resolve: (_, answer) => answer(null, mixed) }),
  ).toMatchObject({ status: 'failed' })
})

test('waits double from one second to five minutes, half of them random', () => {
  expect([1, 2, 3].map((attempt) => backoff(attempt, 1))).toEqual([1000, 2000, 4000])
  expect(backoff(1, 0)).toBe(500)
  expect(backoff(1000, 1)).toBe(300_000)
})
