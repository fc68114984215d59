/** Who may ask: host, key, cookie and origin, each with the request that must fail. */
import { Hono } from 'hono'
import { expect, test } from 'vitest'
import { testApp } from '../app.fixture.ts'

const KEY = 'a-key-of-24-characters!!'

test('bound to loopback, only names of this machine are served (DNS rebinding)', async () => {
  const { app } = testApp()
  const ask = (host: string) => app.request('/healthz', { headers: { host } })
  for (const host of ['localhost:8080', '127.0.0.1', '[::1]:9', 'weir.localhost']) {
    expect((await ask(host)).status).toBe(200)
  }
  for (const host of ['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example:80', '10.0.0.1']) {
    expect((await ask(host)).status).toBe(421)
  }
})

test('with a key set, everything but the probes needs it', async () => {
  const { app } = testApp({ settings: { key: KEY, loopback: false } })
  const ask = (path: string, headers: Record<string, string> = {}) => app.request(path, { headers })
  expect((await ask('/healthz')).status).toBe(200)
  expect((await ask('/readyz')).status).toBe(200)
  for (const path of ['/', '/v1/kpis', '/metrics', '/v1/live', '/v1/none']) {
    expect((await ask(path)).status).toBe(401)
  }
  expect((await ask('/v1/kpis', { authorization: `Bearer ${KEY}` })).status).toBe(200)
  expect((await ask('/v1/kpis', { 'x-api-key': KEY })).status).toBe(200)
  expect((await ask('/v1/kpis', { 'x-api-key': `${KEY}x` })).status).toBe(401)
  expect((await ask(`/v1/kpis?key=${KEY}`)).status).toBe(401)
})

test('the board exchanges the key for a cookie that reads but never writes', async () => {
  const { app } = testApp({ settings: { key: KEY, loopback: false } })
  expect((await app.request('/?key=wrong')).status).toBe(401)
  const exchange = await app.request(`/?key=${encodeURIComponent(KEY)}`)
  expect(exchange.status).toBe(303)
  expect(exchange.headers.get('location')).toBe('/')
  const cookie = exchange.headers.get('set-cookie')!
  expect(cookie).toMatch(/HttpOnly/)
  expect(cookie).toMatch(/SameSite=Strict/)
  expect(cookie).not.toContain(KEY)
  const headers = { cookie: cookie.split(';')[0]! }
  expect((await app.request('/', { headers })).status).toBe(200)
  expect((await app.request('/v1/kpis', { headers })).status).toBe(200)
  expect((await app.request('/v1/events/trades', { method: 'POST', headers })).status).toBe(401)
})

test('writes and sockets from another origin are refused', async () => {
  const { app } = testApp()
  const headers = { host: 'localhost:8080', 'content-type': 'application/x-ndjson' }
  const post = (origin?: string) =>
    app.request('/v1/events/trades', {
      method: 'POST',
      body: '{"volume":1}',
      headers: origin === undefined ? headers : { ...headers, origin },
    })
  expect((await post()).status).toBe(202)
  expect((await post('http://localhost:8080')).status).toBe(202)
  for (const origin of ['http://evil.example', 'http://localhost:9999', 'null']) {
    expect((await post(origin)).status).toBe(403)
  }
  const socket = { host: 'localhost:8080', upgrade: 'websocket', origin: 'http://evil.example' }
  expect((await app.request('/v1/live', { headers: socket })).status).toBe(403)
})

test('every answer carries the security headers', async () => {
  const { app } = testApp()
  for (const path of ['/', '/v1/kpis', '/v1/none']) {
    const { headers } = await app.request(path)
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('access-control-allow-origin')).toBeNull()
  }
  const page = new Hono().get('/', (c) => c.html('', 200, { 'content-security-policy': "script-src 'self'" }))
  const own = await testApp({ page }).app.request('/')
  expect(own.headers.get('content-security-policy')).toBe("script-src 'self'")
  expect(own.headers.get('x-frame-options')).toBe('DENY')
})
