/** HTTP checks and collectors against a real server on loopback; nothing leaves this machine. */
import { type IncomingMessage, type RequestListener, type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { check, collect, type CheckOptions, type CollectOptions } from '../index.ts'
import { judge } from '../outcome/judge.ts'
import { readBody } from './body.ts'
import { matches } from './matches.ts'
import { retryAfter } from './retry-after.ts'
import { visitCheck } from './visit-check.ts'
import { visitJson } from './visit-json.ts'

let server: Server
let port: number
const routes: Record<string, RequestListener> = {
  '/ok': (_, response) => response.end('{"status": "ok"}'),
  '/latin': (_, response) =>
    response
      .writeHead(200, { 'content-type': 'text/html; charset=iso-8859-1' })
      .end(Buffer.from('Ausverkauft für heute', 'latin1')),
  '/latin-meta': (_, response) => response.end(Buffer.from('<meta charset="iso-8859-1"><p>Größe', 'latin1')),
  '/utf8': (_, response) => response.end('<p>Größe'),
  '/slow': (_, response) => setTimeout(() => response.end('late'), 250),
  '/hang': () => undefined,
  '/reset': (request) => request.socket.resetAndDestroy(),
  '/500': (_, response) => response.writeHead(500).end(),
  '/404': (_, response) => response.writeHead(404).end(),
  '/429': (_, response) => response.writeHead(429, { 'retry-after': '7' }).end(),
  '/circle': (_, response) => response.writeHead(302, { location: '/circle' }).end(),
  '/to-file': (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
  '/to-private': (_, response) =>
    response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end(),
  '/cut': (_, response) => {
    response.writeHead(200, { 'content-length': '1000' })
    response.write('{"half":')
    setTimeout(() => response.socket?.resetAndDestroy(), 20)
  },
  '/packed': (_, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('status ok')),
  '/bomb': (_, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(50e6))),
  '/bad-gzip': (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('no gzip'),
  '/empty-gzip': (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(),
  '/drip': (_, response) => {
    response.writeHead(200)
    const timer = setInterval(() => response.write(' '), 20)
    response.once('close', () => clearInterval(timer))
  },
  '/drip-headers': ({ socket }) => {
    socket.write('HTTP/1.1 200 OK\r\nx: ')
    const timer = setInterval(() => socket.write('x'), 20)
    socket.once('close', () => clearInterval(timer))
  },
  '/long-header': ({ socket }) => void socket.end(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(10e6)}\r\n\r\n`),
  '/upgrade': ({ socket }) =>
    void socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
  '/304': (_, response) => response.writeHead(304).end(),
  '/ticker': (_, response) => response.end('[{"pair": "BTC-EUR", "volume": 2.5}]'),
  '/mixed': (_, response) =>
    response.end(
      '[{"no": 7, "volume": 1}, {"no": 7, "volume": 2}, {"no": 8, "volume": "3"}, {"no": 9, "volume": 4}]',
    ),
  '/html': (_, response) => response.end('<title>Just a moment...</title><form action="?__cf_chl_f_tk=1">'),
}

beforeAll(async () => {
  server = createServer((request, response) =>
    (routes[request.url ?? ''] ?? routes['/404']!)(request, response),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

// Long enough for a busy machine; what must time out says so itself.
const base = { every: '1m', local: true, timeout: '10s' } as const

async function checked(path: string, more: Partial<CheckOptions> = {}): Promise<string> {
  const made = check('c', { url: `http://shop.localhost:${port}${path}`, ...base, ...more })
  const { outcome, reason } = judge(await visitCheck(made, Date.now))
  return `${outcome}.${reason}`
}

describe('checks', () => {
  test.each([
    ['/ok', {}, 'ok.all_valid'],
    ['/ok', { match: /"status":\s*"ok"/ }, 'ok.all_valid'],
    ['/ok', { match: 'sold out' }, 'layout_changed.pattern'],
    ['/ok', { match: /OK/ }, 'layout_changed.pattern'],
    ['/ok', { match: /OK.\}$/i }, 'ok.all_valid'],
    ['/latin', { match: /ausverkauft für heute/i }, 'ok.all_valid'],
    ['/latin-meta', { match: 'Größe' }, 'ok.all_valid'],
    ['/utf8', { match: /größe/iu }, 'ok.all_valid'],
    ['/packed', { match: '^status ok$' }, 'ok.all_valid'],
    ['/bomb', {}, 'ok.all_valid'],
    ['/bad-gzip', {}, 'site_down.truncated'],
    ['/404', {}, 'site_down.http4xx'],
    ['/404', { status: 404 }, 'ok.all_valid'],
    ['/500', {}, 'site_down.http5xx'],
    ['/429', {}, 'rate_limited.429'],
    ['/empty-gzip', {}, 'ok.all_valid'],
    ['/hang', { timeout: '50ms' }, 'site_down.timeout'],
    ['/drip', { timeout: '150ms' }, 'site_down.timeout'],
    ['/drip', { timeout: '150ms', match: 'never looked for' }, 'site_down.timeout'],
    ['/drip-headers', { timeout: '150ms' }, 'site_down.timeout'],
    ['/long-header', {}, 'site_down.bad_response'],
    ['/upgrade', {}, 'site_down.(reset|bad_response)'],
    ['/reset', {}, 'site_down.reset'],
    ['/cut', {}, 'site_down.truncated'],
    ['/circle', {}, 'site_down.redirect_loop'],
    ['/to-file', {}, 'site_down.bad_response'],
    ['/ok', { local: false }, 'skipped.private_target'],
    ['/ok', { match: '^(a+)+$' }, 'layout_changed.pattern'],
  ])('%s %o is %s', async (path, more, expected) => {
    expect(await checked(path, more as Partial<CheckOptions>)).toMatch(new RegExp(`^${expected}$`))
  })

  test('what may visit this machine is not redirected into the private network', async () => {
    const made = check('c', { url: `http://shop.localhost:${port}/to-private`, ...base })
    expect(judge(await visitCheck(made, Date.now))).toMatchObject({
      outcome: 'crashed',
      reason: 'private_target',
    })
  })

  test('the response time is from the request written to the first byte', async () => {
    const made = check('c', { url: `http://shop.localhost:${port}/slow`, ...base })
    const { timings } = await visitCheck(made, Date.now)
    expect(timings.response).toBeGreaterThan(240)
    expect(timings.connect).toBeLessThan(240)
  })
})

describe('collectors', () => {
  const collected = async (path: string, more: Partial<CollectOptions> = {}) => {
    const made = collect('c', {
      url: `http://x.localhost:${port}${path}`,
      ...base,
      into: 'trades',
      events: (json: { pair: string }[], at) => json.map((row) => ({ ...row, at })),
      ...more,
    })
    const { signals, events, raw } = await visitJson(
      made,
      () => 5,
      ({ volume }) => (typeof volume === 'number' ? null : 'field "volume": expected a number'),
    )
    const { outcome, reason, detail } = judge(signals)
    return { verdict: `${outcome}.${reason}`, events, detail, raw: raw?.body.toString('latin1') ?? null }
  }
  test('maps a good answer', async () => {
    expect(await collected('/ticker')).toMatchObject({
      raw: '[{"pair": "BTC-EUR", "volume": 2.5}]',
      verdict: 'ok.all_valid',
      events: [{ pair: 'BTC-EUR', volume: 2.5, at: 5 }],
    })
  })
  test.each([
    ['/html', {}, 'blocked.challenge'],
    ['/slow', {}, 'layout_changed.not_json'],
    ['/ok', {}, 'layout_changed.mapping'],
    ['/ticker', { schema: { type: 'object' } }, 'invalid_data.schema'],
    ['/bomb', {}, 'site_down.bad_response'],
    ['/404', {}, 'site_down.http4xx'],
    ['/304', {}, 'layout_changed.status'],
    ['/drip', { timeout: '150ms' }, 'site_down.timeout'],
    ['/ticker', { headers: { authorization: 'two\nlines' } }, 'crashed.config'],
  ])('%s %o is %s, without events', async (path, more, expected) => {
    expect(await collected(path, more)).toMatchObject({ verdict: expected, events: [] })
  })
})

test('an event is known by its id, and what fits no stream is left out and said', async () => {
  const collected = async (more: Partial<CollectOptions>) => {
    const url = `http://x.localhost:${port}/mixed`
    const made = collect('coins', { url, ...base, into: 'trades', events: (json: []) => json, ...more })
    const fits = ({ volume }: Record<string, unknown>) => (typeof volume === 'number' ? null : 'no volume')
    const { signals, events, raw } = await visitJson(made, () => 5, fits)
    const { outcome, reason, detail } = judge(signals)
    return { verdict: `${outcome}.${reason}`, detail, events, bytes: raw?.body.length }
  }
  expect(await collected({ id: 'no' })).toEqual({
    verdict: 'partial.events',
    detail: '1 of 3 events do not fit their stream; event 1: no volume',
    events: [
      { no: 7, volume: 1, id: 'coins/7' },
      { no: 9, volume: 4, id: 'coins/9' },
    ],
    bytes: 98,
  })
  expect((await collected({})).events).toHaveLength(3)
  expect(await collected({ id: ({ no }) => `${no}`, events: () => [{ no: 1 }] })).toMatchObject({
    verdict: 'invalid_data.events',
    events: [],
  })
  const long = await collected({ id: ({ no }) => `${'x'.repeat(300)}${no}` })
  expect(long.events.map(({ id }) => (id as string).length)).toEqual([200, 200])
  expect(new Set(long.events.map(({ id }) => id)).size).toBe(2)
  expect(await collected({ id: 'number' })).toMatchObject({
    verdict: 'layout_changed.mapping',
    detail: 'events() threw: event 0 has no id',
  })
})

test('a body in a million tiny chunks is one buffer', async () => {
  const source = Object.assign(new PassThrough({ highWaterMark: 1e5 }), { headers: {} })
  const done = readBody(source as unknown as IncomingMessage, 10_000)
  for (let i = 0; i < 15_000; i += 1) source.write(String(i % 10))
  const { body, cut } = await done
  expect([body.length, cut, body.buffer.byteLength <= 10_000]).toEqual([10_000, true, true])
  expect(body.toString()).toBe('0123456789'.repeat(1000))
})

test('a pattern that backtracks for ever is stopped and said to be at fault', () => {
  const begun = process.cpuUsage()
  expect(matches({ source: '^(a+)+$', flags: '' }, `${'a'.repeat(40)}b`)).toMatchObject({
    error: expect.stringContaining('backtracks'),
  })
  expect(process.cpuUsage(begun).user).toBeLessThan(1e6)
})

test.each([
  ['120', undefined, { for: 120_000 }],
  ['0', undefined, null],
  ['999999999', undefined, { for: 999_999_999_000 }],
  ['Thu, 01 Jan 1970 00:01:00 GMT', undefined, { until: 60_000 }],
  // By the site's own clock, which is nine seconds fast.
  ['Thu, 01 Jan 1970 00:01:00 GMT', 'Thu, 01 Jan 1970 00:00:09 GMT', { for: 51_000 }],
  ['Thu, 01 Jan 1970 00:01:00 GMT', 'Thu, 01 Jan 1970 00:02:00 GMT', null],
  ['soon', undefined, null],
  [undefined, undefined, null],
])('Retry-After %s', (header, date, wish) => {
  expect(retryAfter(header, date)).toEqual(wish)
})
