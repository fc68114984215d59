/** The app on a real port of loopback: sockets, half requests, taken ports, endings. */
import { connect as dial } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { noOrigins, testApp } from './app.fixture.ts'
import type { AppDeps } from './app.ts'
import { BoardSource } from './live/board-source.ts'
import { Hub } from './live/hub.ts'
import { liveSocket } from './live/socket.ts'
import { MemoryReader } from './memory-reader.fixture.ts'
import { startServer, type RunningServer } from './server.ts'

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const end of open.splice(0)) await end()
})

async function start(change: Partial<AppDeps> = {}, maxSockets = 500) {
  const reader = new MemoryReader()
  const hub = new Hub({ reader, clock: Date.now, board: new BoardSource(reader, Date.now, noOrigins) })
  const live = liveSocket(hub, Date.now, () => undefined, maxSockets)
  const made = testApp({ reader, live, ...change })
  const server = await startServer(made.app, '127.0.0.1', 0)
  open.push(
    () => server.close(0),
    () => hub.close(),
  )
  return { ...made, reader, hub, server, base: `http://127.0.0.1:${server.port}` }
}

function socket(server: RunningServer, headers: Record<string, string> = {}): WebSocket {
  const made = new WebSocket(`ws://127.0.0.1:${server.port}/v1/live`, { headers })
  open.unshift(() => made.terminate())
  return made
}

function received(from: WebSocket): Record<string, unknown>[] {
  const all: Record<string, unknown>[] = []
  from.on('message', (data) => all.push(JSON.parse(String(data)) as Record<string, unknown>))
  return all
}

/** Status of a refused upgrade. */
function refused(from: WebSocket): Promise<number | undefined> {
  return new Promise((resolve) => {
    from.once('unexpected-response', (_, response) => resolve(response.statusCode))
    from.once('open', () => resolve(101))
    from.once('error', () => undefined)
  })
}

function raw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const line = dial(port, '127.0.0.1', () => line.write(bytes))
    line.on('data', (chunk) => (text += String(chunk)))
    line.on('close', () => resolve(text))
    line.on('error', reject)
  })
}

test('a screen connects, subscribes and hears of changes', async () => {
  const { server, reader, hub } = await start()
  const screen = socket(server)
  const messages = received(screen)
  await expect.poll(() => messages.length).toBe(1)
  screen.send('{"type":"subscribe","topic":"health"}')
  screen.send('nonsense')
  await expect.poll(() => messages.map((message) => message.type)).toEqual(['hello', 'health', 'error'])
  reader.tell({ type: 'health', health: { ...reader.state, eventsPerSecond: 412 } })
  await expect.poll(() => messages.at(-1)).toMatchObject({ health: { eventsPerSecond: 412 } })
  screen.close()
  await expect.poll(() => hub.size).toBe(0)
})

test.each(['', 'host: a b\r\n', 'host: 256.256.256.256\r\n', 'host: me@localhost\r\n'])(
  'a request with the host header %j is told what is wrong',
  async (host) => {
    const { server } = await start()
    const answer = await raw(server.port, `GET /healthz HTTP/1.1\r\n${host}connection: close\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
    expect(answer).toMatch(/application\/problem\+json/)
    expect(answer).toContain('Malformed host')
  },
)

test('a screen that stops reading costs bounded memory, and shows the newest values when it reads again', async () => {
  const { server, reader, hub } = await start()
  const pad = 'x'.repeat(50_000)
  const tell = (mean: number) => {
    const rows = [{ group: { pair: pad }, asOf: 1, values: { mean } }]
    const window = { name: '5m', size: 300_000, slide: 10_000 }
    reader.answers.set('volume 5m', { metric: 'volume', stream: 'trades', unit: '', window, rows })
    reader.tell({ type: 'kpis', metric: 'volume', window: '5m', rows })
  }
  tell(0)
  const screen = socket(server)
  const messages = received(screen)
  await expect.poll(() => messages.length).toBe(1)
  screen.send('{"type":"subscribe","topic":"kpis","metric":"volume"}')
  await expect.poll(() => messages.length).toBe(2)
  screen.pause()
  const before = process.memoryUsage().arrayBuffers
  for (let value = 1; value <= 600; value++) {
    tell(value)
    if (value % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000)
  screen.resume()
  const newest = () => (messages.at(-1)?.rows as { values: { mean: number } }[] | undefined)?.[0]?.values.mean
  await expect.poll(newest).toBe(600)
  expect(messages.length).toBeLessThan(500)
  expect(hub.size).toBe(1)
})

test('sockets of a foreign page, without the key, or beyond the limit are refused before they are open', async () => {
  const { server } = await start({}, 1)
  expect(await refused(socket(server, { origin: 'http://evil.example' }))).toBe(403)
  expect(await refused(socket(server, { origin: `http://127.0.0.1:${server.port}` }))).toBe(101)
  expect(await refused(socket(server))).toBe(503)
  const keyed = await start({ settings: { key: 'a-key-of-24-characters!!', loopback: false } })
  expect(await refused(socket(keyed.server))).toBe(401)
  expect(await refused(socket(keyed.server, { 'x-api-key': 'a-key-of-24-characters!!' }))).toBe(101)
})

test('a socket that says too much, or too often, is closed', async () => {
  const { server } = await start()
  const big = socket(server)
  big.once('open', () => big.send('x'.repeat(5000)))
  expect(await new Promise((resolve) => big.once('close', resolve))).toBe(1009)
  const loud = socket(server)
  loud.once('open', () => {
    for (let i = 0; i < 60; i++) loud.send('{"type":"ping"}')
  })
  expect(await new Promise((resolve) => loud.once('close', resolve))).toBe(1008)
})

test('what is not HTTP, and upgrades to something else, are answered and closed', async () => {
  const { server } = await start()
  expect(await raw(server.port, 'hello\r\n\r\n')).toMatch(/^HTTP\/1.1 400 [^]*not HTTP/)
  const other = 'GET / HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n'
  expect(await raw(server.port, other)).toMatch(/^HTTP\/1.1 400 [^]*Only WebSocket/)
  const long = `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`
  expect(await raw(server.port, long)).toMatch(/^HTTP\/1.1 431/)
})

test('a large body streams in; one too large ends with 413, one that stalls with 408', async () => {
  const limits = { bodyBytes: 300_000, lineBytes: 32_768, idleMs: 500, writeMs: 1000 }
  const { base, server, producer } = await start({ limits })
  const lines = (n: number) => '{"volume":1,"pad":"0123456789"}\n'.repeat(n)
  const headers = { 'content-type': 'application/x-ndjson' }
  const post = (body: string) => fetch(`${base}/v1/events/trades`, { method: 'POST', headers, body })
  const good = await post(lines(9000))
  expect([good.status, await good.json()]).toEqual([202, { accepted: 9000, rejected: 0, errors: [] }])
  expect((await post(lines(20_000))).status).toBe(413)
  const head = 'POST /v1/events/trades HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-ndjson\r\n'
  const stalled = await raw(server.port, `${head}content-length: 1000\r\n\r\n{"volume":1}\n{"vol`)
  expect(stalled).toMatch(/^HTTP\/1.1 408 [^]*"accepted":1/)
  const chunked = `${head}transfer-encoding: chunked\r\n\r\n${chunks(lines(12_000))}`
  expect(await raw(server.port, chunked)).toMatch(/^HTTP\/1.1 413 /)
  expect(producer.rows.length).toBeGreaterThan(9000)
})

function chunks(text: string): string {
  let all = ''
  for (let at = 0; at < text.length; at += 16_000) {
    const piece = text.slice(at, at + 16_000)
    all += `${piece.length.toString(16)}\r\n${piece}\r\n`
  }
  return `${all}0\r\n\r\n`
}

test('a taken port is a clear error', async () => {
  const { server, app } = await start()
  await expect(startServer(app, '127.0.0.1', server.port)).rejects.toThrow(
    `Port ${server.port} on 127.0.0.1 is taken.`,
  )
})

test('closing ends idle connections at once and sockets after the grace', async () => {
  const { server, base, hub } = await start()
  await (await fetch(`${base}/healthz`)).text()
  const screen = socket(server)
  const closed = new Promise((resolve) => screen.once('close', resolve))
  await expect.poll(() => hub.size).toBe(1)
  hub.close()
  const started = Date.now()
  await server.close(20_000)
  expect(await closed).toBe(1001)
  expect(Date.now() - started).toBeLessThan(10_000)
})
