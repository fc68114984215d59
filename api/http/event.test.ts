/** Events over HTTP: each line its verdict, each limit its status, nothing answered before it is written. */
import { expect, test } from 'vitest'
import { WeirError } from '../../engine/index.ts'
import { testApp } from '../app.fixture.ts'
import { EVENT_LIMITS } from './event.ts'

const headers = { 'content-type': 'application/x-ndjson' }

test('good lines are taken, bad ones are named and go to the dead letters', async () => {
  const { app, producer } = testApp()
  const body = '{"volume":1}\r\n\nnonsense\n[1]\n{"volume":"x"}\n{"volume":2,"reason":"mine"}'
  const response = await app.request('/v1/events/trades', { method: 'POST', headers, body })
  expect(response.status).toBe(202)
  expect(await response.json()).toEqual({
    accepted: 2,
    rejected: 3,
    errors: [
      { line: 3, error: 'not a JSON object' },
      { line: 4, error: 'not a JSON object' },
      { line: 5, error: 'volume must be number' },
    ],
  })
  expect(producer.rows.map((sent) => sent.origin)).toEqual(['POST line 1', 'POST line 6'])
  expect(producer.dead).toEqual([
    { raw: 'nonsense', reason: 'not a JSON object', origin: 'POST line 3' },
    { raw: '[1]', reason: 'not a JSON object', origin: 'POST line 4' },
  ])
  expect(producer.flushed).toBe(4)
})

test('a line too long is rejected without being gathered, and the rest goes on', async () => {
  const { app, producer } = testApp()
  const body = `{"volume":1,"pad":"${'x'.repeat(5_000_000)}"}\n{"volume":2}`
  const response = await app.request('/v1/events/trades', { method: 'POST', headers, body })
  expect(await response.json()).toEqual({
    accepted: 1,
    rejected: 1,
    errors: [{ line: 1, error: '5000021 bytes, at most 32768 are allowed' }],
  })
  expect(producer.dead[0]!.raw).toHaveLength(4096)
})

test('a body without one valid event is 422, its errors cut at 100', async () => {
  const { app } = testApp()
  const response = await app.request('/v1/events/trades', {
    method: 'POST',
    headers,
    body: 'x\n'.repeat(150),
  })
  expect(response.status).toBe(422)
  const answer = await response.json()
  expect(answer).toMatchObject({ accepted: 0, rejected: 150 })
  expect(answer.errors).toHaveLength(100)
})

test('unknown stream, wrong type and compressed bodies are refused before reading', async () => {
  const { app, opened } = testApp()
  const post = (path: string, more: Record<string, string>) =>
    app.request(path, { method: 'POST', body: '{"volume":1}', headers: more })
  const unknown = await post('/v1/events/trade', headers)
  expect(unknown.status).toBe(404)
  expect(await unknown.text()).toContain("Did you mean 'trades'")
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  expect((await post('/v1/events/trades', form)).status).toBe(415)
  expect((await post('/v1/events/trades', { ...headers, 'content-encoding': 'gzip' })).status).toBe(415)
  const huge = { ...headers, 'content-length': String(33 * 1024 * 1024) }
  expect((await post('/v1/events/trades', huge)).status).toBe(413)
  expect(opened).toEqual([])
})

test('a body that grows too large or stops coming ends with what was taken', async () => {
  const limits = { ...EVENT_LIMITS, bodyBytes: 100, lineBytes: 50, idleMs: 20 }
  const { app } = testApp({ limits })
  const stream = (text: string, end: boolean) =>
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('{"volume":1}\n'))
        controller.enqueue(new TextEncoder().encode(text))
        if (end) controller.close()
      },
    })
  const post = (body: ReadableStream) =>
    app.request('/v1/events/trades', { method: 'POST', headers, body, duplex: 'half' } as RequestInit)
  const large = await post(stream('y'.repeat(200), true))
  expect(large.status).toBe(413)
  expect(await large.json()).toMatchObject({ accepted: 1 })
  const slow = await post(stream('{"vol', false))
  expect(slow.status).toBe(408)
  expect(await slow.json()).toMatchObject({ accepted: 1 })
})

test('Redis away: 503 with Retry-After, known beforehand or found out while writing', async () => {
  const { app, reader, producer, opened } = testApp()
  const post = () => app.request('/v1/events/trades', { method: 'POST', headers, body: '{"volume":1}' })
  producer.failure = new WeirError('away', { code: 'WEIR_REDIS_AWAY', domain: 'external', retry: true })
  const failed = await post()
  expect(failed.status).toBe(503)
  expect(failed.headers.get('retry-after')).toBe('5')
  expect(await failed.text()).toContain('may be written already')
  opened.length = 0
  reader.state = { ...reader.state, redis: { ...reader.state.redis, ok: false } }
  expect((await post()).status).toBe(503)
  expect(opened).toEqual([])
})

test('a producer that takes nothing ends in 503, not in a request that hangs', async () => {
  const stuck = { send: () => new Promise<never>(() => undefined) }
  const { app } = testApp({
    limits: { ...EVENT_LIMITS, writeMs: 20 },
    producers: { of: async () => stuck as never },
  })
  const response = await app.request('/v1/events/trades', { method: 'POST', headers, body: '{"volume":1}' })
  expect(response.status).toBe(503)
})
