/** What a socket may say. */
import { expect, test } from 'vitest'
import { Allowance, readMessage } from './inbound.ts'

test.each([
  { type: 'ping' },
  { type: 'subscribe', topic: 'board' },
  { type: 'subscribe', topic: 'kpis', metric: 'volume', window: '5m', group: { pair: 'BTC' } },
  { type: 'subscribe', topic: 'alerts', cursor: '1700000000000-3' },
  { type: 'unsubscribe', topic: 'kpis', metric: 'volume' },
])('%j is understood', (message) => {
  expect(readMessage(JSON.stringify(message))).toEqual(message)
})

test.each([
  ['not json', /not JSON/],
  [new ArrayBuffer(3), /binary/],
  ['x'.repeat(5000), /4096/],
  ['{"type":"subscribe","topic":"everything"}', /protocol/],
  ['{"type":"subscribe","topic":"kpis"}', /protocol/],
  ['{"type":"subscribe","topic":"alerts","cursor":"$"}', /protocol/],
  ['{"type":"subscribe","topic":"kpis","metric":"m","group":{"a":{}}}', /protocol/],
  ['{"type":"ping","__proto__":{"x":1}}', /protocol/],
])('%s is answered with a sentence', (data, words) => {
  expect(readMessage(data)).toMatch(words)
})

test('messages are rated', () => {
  const allowance = new Allowance(0)
  const taken = Array.from({ length: 40 }, () => allowance.take(0)).filter(Boolean)
  expect(taken).toHaveLength(30)
  expect(allowance.take(1000)).toBe(true)
  expect(Array.from({ length: 9 }, () => allowance.take(1000)).filter(Boolean)).toHaveLength(4)
})
