/** Requests with an Idempotency-Key: which producer they go as, and which keys and bodies are refused. */
import { expect, test } from 'vitest'
import { testApp } from '../app.fixture.ts'
import { readKey } from './keyed-post.ts'

const DAY = 86_400_000
const now = 1_795_356_258_428
const key = `${now}-batch-17`

function post(made: ReturnType<typeof testApp>, name: string, body: string): Promise<Response> {
  const headers = { 'content-type': 'application/x-ndjson', 'idempotency-key': name }
  return Promise.resolve(made.app.request('/v1/events/trades', { method: 'POST', headers, body }))
}

test('the same key and body are the same producer; another key or body is another one', async () => {
  const made = testApp({ clock: () => now })
  const body = '{"volume":1}\n{"volume":2}'
  for (const [name, text] of [
    [key, body],
    [key, body],
    [key, `${body}\n`],
    [`${now}-batch-18`, body],
  ] as const) {
    const response = await post(made, name, text)
    expect([response.status, await response.json()]).toMatchObject([202, { accepted: 2 }])
  }
  const [first, again, ...others] = made.keyedAs
  expect(first).toMatch(new RegExp(`^http~${now}~[0-9a-f]{32}$`))
  expect(again).toBe(first)
  expect(new Set([first, ...others]).size).toBe(3)
  expect(made.opened, 'never the producer all others share').toEqual([])
})

test('a key without a time, or with one the engine may have forgotten, is refused before the body is read', async () => {
  for (const bad of ['', 'batch-17', `${now}`, `${now}-`, `${now}-ä`, `${now - DAY}-x`, `${now + DAY}-x`])
    expect(readKey(bad, now), bad).toMatchObject({ status: 400 })
  expect(readKey(undefined, now)).toBeNull()
  const made = testApp()
  expect((await post(made, 'batch-17', '{"volume":1}')).status).toBe(400)
  expect(made.keyedAs).toEqual([])
})

test('a keyed body is held in memory, so it is at most 4 MB, and nothing of a larger one is written', async () => {
  const made = testApp({ clock: () => now })
  const response = await post(made, key, '{"volume":1}\n'.repeat(400_000))
  expect([response.status, await response.json()]).toMatchObject([413, { accepted: 0 }])
  expect(made.producer.rows).toEqual([])
})
