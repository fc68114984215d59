/** Visits through real proxies: what they are asked, what fails is theirs, and nobody goes direct instead. */
import { type Server, createServer } from 'node:http'
import { createServer as createSecure } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { selfSigned } from '../../../test/harness/certificate.ts'
import { exchange } from '../../http/request.ts'
import { type TestProxy, startHttpProxy, startSocksProxy } from './proxy.fixture.ts'
import { upstreamOf } from './upstream.ts'

let server: Server
let port: number
let visits = 0
let proxy: TestProxy | null = null

beforeAll(async () => {
  server = createServer((_, response) => {
    visits += 1
    response.end('good')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterEach(() => {
  proxy?.close()
  proxy = null
  visits = 0
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const visit = (address: string, host: string, timeout = 5000, scheme = 'http') =>
  exchange({
    url: `${scheme}://${host}/`,
    headers: {},
    timeout,
    reach: 'local',
    maxBytes: 1000,
    maxRedirects: 0,
    through: upstreamOf('berlin', 'PROXY_BERLIN', address),
  })

test.each([
  ['http', undefined],
  ['http', 'ann:s p@ce'],
  ['socks5', undefined],
  ['socks5', 'ann:secret'],
])('%s, credentials %s: the proxy is told the address that was judged', async (kind, credentials) => {
  proxy = await (kind === 'http' ? startHttpProxy(credentials) : startSocksProxy(credentials))
  const [user, password] = (credentials ?? '').split(':').map(encodeURIComponent)
  const as = credentials === undefined ? '' : `${user}:${password}@`
  const answer = await visit(`${kind}://${as}127.0.0.1:${proxy.port}`, `north.localhost:${port}`)
  expect([answer.error, String(answer.body)]).toEqual([null, 'good'])
  expect(proxy.asked).toEqual([`127.0.0.1:${port}`])
  expect(answer.timings.connect).toBeGreaterThan(0)
  // A public address: the proxy of this test takes every one home.
  await visit(`${kind}://${as}127.0.0.1:${proxy.port}`, `93.184.215.14:${port}`)
  expect(proxy.asked[1]).toBe(`93.184.215.14:${port}`)
})

test.each([
  ['http', 'ann:secret', null, /^ERR_PROXY_AUTH_REQUESTED: proxy berlin: answered 407$/],
  ['http', undefined, 502, /^ERR_TUNNEL_CONNECTION_FAILED: proxy berlin: answered 502$/],
  ['socks5', 'ann:secret', null, /^ERR_PROXY_AUTH_REQUESTED: proxy berlin/],
  ['https', undefined, null, /^ERR_PROXY_(CERTIFICATE_INVALID|CONNECTION_FAILED): proxy berlin/],
])(
  '%s that refuses: its own failure, and the site is not visited',
  async (kind, credentials, answers, error) => {
    proxy = await (kind === 'socks5' ? startSocksProxy(credentials) : startHttpProxy(credentials))
    proxy.answers = answers
    const wrong = credentials === undefined ? '' : 'ann:wrong@'
    const answer = await visit(`${kind}://${wrong}127.0.0.1:${proxy.port}`, `north.localhost:${port}`)
    expect(answer.error).toMatch(error)
    expect(answer.error).not.toContain('wrong')
    expect(visits).toBe(0)
  },
)

test('one that is not there, and one that never answers', async () => {
  proxy = await startHttpProxy()
  const { port: gone } = proxy
  proxy.close()
  expect((await visit(`http://127.0.0.1:${gone}`, `north.localhost:${port}`)).error).toBe(
    'ERR_PROXY_CONNECTION_FAILED: proxy berlin: ECONNREFUSED',
  )
  const silent = createServer()
  silent.on('connect', () => undefined)
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const at = (silent.address() as AddressInfo).port
  expect((await visit(`http://127.0.0.1:${at}`, `north.localhost:${port}`, 200)).error).toMatch(
    /ERR_PROXY_CONNECTION_FAILED|TimeoutError/,
  )
  silent.closeAllConnections()
  silent.close()
  expect(visits).toBe(0)
})

test('TLS goes through to the site, whose certificate is its own matter', async () => {
  proxy = await startHttpProxy()
  const names = ['north.localhost']
  const secure = createSecure(selfSigned(names, Date.now() - 1000, Date.now() + 3_600_000), (_, response) =>
    response.end(),
  )
  await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve))
  const at = (secure.address() as AddressInfo).port
  const answer = await visit(`http://127.0.0.1:${proxy.port}`, `north.localhost:${at}`, 5000, 'https')
  expect(answer.error).toMatch(/SELF_SIGNED/)
  expect(proxy.asked).toEqual([`127.0.0.1:${at}`])
  secure.closeAllConnections()
  secure.close()
})

test('who wants a proxy and was given none does not go', async () => {
  const bare = { url: `http://north.localhost:${port}/`, headers: {}, timeout: 1000, reach: 'local' } as const
  const exit = { names: ['berlin'], country: null }
  const answer = await exchange({ ...bare, maxBytes: 9, maxRedirects: 0, exit })
  expect([answer.error, visits]).toEqual(['ERR_PROXY_CONNECTION_FAILED: no proxy was chosen', 0])
})

test('a private address is refused here, before any proxy hears of it', async () => {
  proxy = await startHttpProxy()
  const answer = await visit(`http://127.0.0.1:${proxy.port}`, '169.254.169.254')
  expect(answer.refused).toContain('169.254.169.254')
  expect(proxy.asked).toEqual([])
})

test.each([
  [undefined, /not set/],
  ['nonsense', /no address/],
  ['ftp://ann:secret@x', /not known/],
  ['http://%zz:secret@x', /percent-encoded/],
])('an address such as %s is refused without being told', (value, message) => {
  try {
    upstreamOf('berlin', 'PROXY_BERLIN', value)
    expect.unreachable()
  } catch (error) {
    const text = (error as { explain(): string }).explain()
    expect(text).toMatch(message)
    expect(text).toContain('PROXY_BERLIN')
    expect(text).not.toContain('secret')
  }
})
