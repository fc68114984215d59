/** Notifications with a real ledger and a real receiver: at least once, in order, by one process at a time. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { startRedis, type TestRedis } from '../../test/harness/redis.ts'
import { connect, type Alert } from '../../engine/index.ts'
import { MemoryReader, testAlert } from '../memory-reader.fixture.ts'
import type { LedgerEntry } from './ledger.ts'
import { startNotifier, type Notifier, type NotifierDeps } from './notifier.ts'
import { redisLedger } from './redis-ledger.ts'
import { sender } from './send.ts'

let redis: TestRedis
let client: ReturnType<typeof connect>
let reader: MemoryReader
let got: { path: string; text: string }[]
let answers: { status: number; headers?: Record<string, string>; hang?: boolean }[]
let base: string
let stopServer: () => void
const running: Notifier[] = []

beforeAll(async () => {
  redis = await startRedis()
  client = connect(redis.url, 'query')
})
afterAll(async () => {
  client.disconnect()
  await redis.stop()
})
beforeEach(async () => {
  await client.flushall()
  reader = new MemoryReader()
  got = []
  answers = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += String(chunk)))
    request.on('end', () => {
      got.push({ path: request.url!, text: (JSON.parse(body) as { text: string }).text.split('\n')[0]! })
      const answer = answers.shift() ?? { status: 200 }
      if (answer.hang !== true) response.writeHead(answer.status, answer.headers).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  stopServer = () => (server.closeAllConnections(), server.close())
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((notifier) => notifier.stop()))
  stopServer()
})

function start(change: Partial<NotifierDeps> = {}) {
  const settled: [string, LedgerEntry][] = []
  const warned: object[] = []
  const env = { TEST_SLACK_URL: `${base}/slack`, TEST_HOOK_URL: `${base}/hook` }
  const notifier = startNotifier({
    reader,
    ledger: redisLedger(client, 'test', 400),
    clock: Date.now,
    random: () => 0,
    send: sender({ env, allowPrivate: true, clock: Date.now, timeoutMs: 1000 }),
    settled: (_, key, entry) => void settled.push([key, entry]),
    log: { warn: (detail) => void warned.push(detail) },
    holdEvery: 100,
    ...change,
  })
  running.push(notifier)
  return { notifier, settled, warned }
}

const cursorNow = (n: number) => `${Date.now()}-${n}`
const fire = (id: string, more: Partial<Alert> = {}) =>
  reader.change('fired', testAlert({ id, sentence: id, ...more }), cursorNow(reader.changes.length))
const texts = (path = '/slack') => got.filter((each) => each.path === path).map((each) => each.text)

test('fired and resolved are two messages, in order, to the channels the alert names', async () => {
  start()
  fire('a')
  reader.change('updated', testAlert({ id: 'a' }), cursorNow(1))
  const ended = { state: 'resolved', resolvedAt: 960_000, notify: ['ops', 'hook'] } as const
  reader.change(
    'resolved',
    testAlert({ id: 'a', sentence: 'a', ...ended, notify: ['ops', 'hook'] }),
    cursorNow(2),
  )
  await expect.poll(() => texts()).toEqual(['a', 'Resolved after 1 min: a'])
  await expect.poll(() => texts('/hook')).toEqual(['Resolved after 1 min: a'])
})

test('500, then 429 with Retry-After, then it is through; 404 is given up and the next one goes', async () => {
  answers = [
    { status: 500 },
    { status: 429, headers: { 'retry-after': '2' } },
    { status: 200 },
    { status: 404 },
  ]
  const started = Date.now()
  const { settled } = start()
  for (const id of ['a', 'b', 'c']) fire(id)
  await expect.poll(() => settled.length).toBe(3)
  expect(texts()).toEqual(['a', 'a', 'a', 'b', 'c'])
  expect(Date.now() - started).toBeGreaterThan(2400)
  expect(settled.map(([key, entry]) => [key, entry.status, entry.attempts])).toEqual([
    ['a fired ops', 'sent', 3],
    ['b fired ops', 'failed', 1],
    ['c fired ops', 'sent', 1],
  ])
})

test('a channel that hangs holds up no other', async () => {
  answers = [{ status: 0, hang: true }]
  start()
  fire('a', { notify: ['ops'] })
  await expect.poll(() => got.length).toBe(1)
  fire('b', { notify: ['hook'] })
  await expect.poll(() => texts('/hook'), { timeout: 800, interval: 20 }).toEqual(['b'])
  await expect.poll(() => texts()).toEqual(['a', 'a'])
})

test('cut off between sending and noting it: sent again; settled ones are not', async () => {
  const first = start()
  fire('a')
  await expect.poll(() => first.settled.length).toBe(1)
  await first.notifier.stop()
  // As a process leaves it that was killed after the receiver had the message.
  const sending = JSON.stringify({ status: 'sending', attempts: 1, at: 1 })
  fire('b')
  await client.hset('test:{alerts.0}:notified', 'b fired ops', sending)
  const second = start()
  await expect.poll(() => second.settled.length).toBe(1)
  expect(texts()).toEqual(['a', 'b'])
  expect(second.settled[0]).toMatchObject(['b fired ops', { status: 'sent', attempts: 2 }])
})

test('of two processes one sends; when it dies without a word the other goes on', async () => {
  const ledger = redisLedger(client, 'test', 400)
  await ledger.hold('a process that is gone')
  const [one, two] = [start(), start()]
  for (const id of ['a', 'b', 'c']) fire(id)
  await expect.poll(() => texts()).toEqual(['a', 'b', 'c'])
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(one.settled.length * two.settled.length).toBe(0)
  expect(texts()).toHaveLength(3)
})

test('whoever lost the lease writes nothing', async () => {
  const ledger = redisLedger(client, 'test', 400)
  expect(await ledger.hold('one')).toBe(true)
  expect(await ledger.hold('two')).toBe(false)
  expect(await ledger.write('two', 'k', { status: 'sent', attempts: 1, at: 1 })).toBe(false)
  expect(await ledger.advance('two', 'ops', '9-0')).toBe(false)
  expect(await ledger.read('k')).toBeNull()
  await ledger.release('two')
  expect(await ledger.hold('two')).toBe(false)
  await ledger.release('one')
  expect(await ledger.hold('two')).toBe(true)
})

test('a lost cursor: all that is kept is looked at, what was sent is not sent again, what burns is told', async () => {
  const first = start()
  const lost = fire('a').cursor
  await expect.poll(() => first.settled.length).toBe(1)
  await first.notifier.stop()
  reader.lost.add(lost)
  reader.changes = []
  reader.all.push(testAlert({ id: 'gone', sentence: 'gone' }))
  const second = start()
  await expect.poll(() => second.settled.length).toBe(1)
  fire('b')
  await expect.poll(() => texts()).toEqual(['a', 'gone', 'b'])
})

test('a new channel is not told of old times', async () => {
  reader.change('fired', testAlert({ id: 'old', sentence: 'old' }), `${Date.now() - 2 * 3_600_000}-0`)
  start()
  fire('new')
  await expect.poll(() => texts()).toEqual(['new'])
})

test('Redis away and back: nothing is lost', async () => {
  const { settled } = start()
  fire('a')
  await expect.poll(() => settled.length).toBe(1)
  await redis.kill()
  fire('b')
  await new Promise((resolve) => setTimeout(resolve, 300))
  await redis.restart()
  await expect.poll(() => texts().includes('b')).toBe(true)
})

test('entries of long ago are pruned, unsettled ones never', async () => {
  const ledger = redisLedger(client, 'test', 400)
  await ledger.hold('one')
  await ledger.write('one', 'old', { status: 'sent', attempts: 1, at: 5 })
  await ledger.write('one', 'open', { status: 'sending', attempts: 1, at: 5 })
  await ledger.write('one', 'new', { status: 'failed', attempts: 1, at: 50, reason: 'x' })
  await ledger.prune('one', 10)
  expect((await client.hkeys('test:{alerts.0}:notified')).sort()).toEqual(['new', 'open'])
})
