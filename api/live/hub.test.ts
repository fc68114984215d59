/** What screens get: snapshots, changes, the newest value after being slow, and alerts without a hole. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Alert, KpiRow, Origin } from '../../engine/index.ts'
import { noOrigins } from '../app.fixture.ts'
import { MemoryReader, testAlert, testConfig } from '../memory-reader.fixture.ts'
import { BoardSource } from './board-source.ts'
import { Hub } from './hub.ts'
import type { ClientMessage, ServerMessage } from './protocol.ts'
import { SLOW_BYTES, type Wire } from './screen.ts'

class MemoryWire implements Wire {
  sent: ServerMessage[] = []
  stuck = 0
  pings = 0
  closed: number | null = null
  send(frame: Buffer): void {
    this.sent.push(JSON.parse(frame.toString()) as ServerMessage)
  }
  buffered(): number {
    return this.stuck
  }
  ping(): void {
    this.pings++
  }
  close(code: number): void {
    this.closed = code
  }
  terminate(): void {
    this.closed = 1006
  }
  take(): ServerMessage[] {
    return this.sent.splice(0)
  }
}

let now = 1_000_000
let reader: MemoryReader
let hub: Hub
const row = (pair: string, mean: number): KpiRow => ({ group: { pair }, asOf: 1, values: { mean } })
const settle = () => new Promise((resolve) => setImmediate(resolve))

function connect(...messages: ClientMessage[]) {
  const wire = new MemoryWire()
  const screen = hub.open(wire)
  for (const message of messages) hub.hear(screen, message)
  return { wire, screen }
}

function setRows(...rows: KpiRow[]): void {
  const window = { name: '5m', size: 300_000, slide: 10_000 }
  reader.answers.set('volume 5m', { metric: 'volume', stream: 'trades', unit: '', window, rows })
  reader.tell({ type: 'kpis', metric: 'volume', window: '5m', rows })
}

beforeEach(() => {
  now = 1_000_000
  reader = new MemoryReader()
  const clock = () => now
  hub = new Hub({ reader, clock, board: new BoardSource(reader, clock, noOrigins) })
})
afterEach(() => hub.close())

test('a subscriber gets hello, a snapshot, then the rows that changed in its group', () => {
  setRows(row('BTC', 1), row('ETH', 2))
  const { wire } = connect({ type: 'subscribe', topic: 'kpis', metric: 'volume', group: { pair: 'ETH' } })
  expect(wire.take()).toEqual([
    { type: 'hello', now, config: 'abc123' },
    { type: 'kpis', metric: 'volume', window: '5m', snapshot: true, rows: [row('ETH', 2)] },
  ])
  setRows(row('BTC', 5))
  expect(wire.take()).toEqual([])
  setRows(row('ETH', 7))
  expect(wire.take()).toMatchObject([{ snapshot: false, rows: [row('ETH', 7)] }])
})

test('a slow screen skips to the newest values and is not cut off', () => {
  const { wire } = connect({ type: 'subscribe', topic: 'health' })
  setRows(row('BTC', 0))
  const slow = connect({ type: 'subscribe', topic: 'kpis', metric: 'volume' })
  slow.wire.take()
  slow.wire.stuck = SLOW_BYTES + 1
  for (let value = 1; value <= 1000; value++) setRows(row('BTC', value))
  hub.tick()
  expect(slow.wire.take()).toEqual([])
  slow.wire.stuck = 0
  hub.tick()
  expect(slow.wire.take()).toMatchObject([{ snapshot: true, rows: [row('BTC', 1000)] }])
  expect(slow.wire.closed).toBeNull()
  expect(wire.take().map((message) => message.type)).toEqual(['hello', 'health'])
})

test('alerts: open ones and a cursor first, then every change', async () => {
  reader.change('fired', testAlert())
  reader.change('fired', testAlert({ id: 'old', state: 'resolved' }))
  const { wire } = connect({ type: 'subscribe', topic: 'alerts' })
  await settle()
  const [, snapshot] = wire.take()
  expect(snapshot).toMatchObject({ snapshot: true, cursor: '2-0', alerts: [{ id: 'a1' }] })
  reader.change('resolved', testAlert({ state: 'resolved' }))
  expect(wire.take()).toMatchObject([{ snapshot: false, cursor: '3-0', changes: [{ event: 'resolved' }] }])
})

test('alerts resume by cursor; a lost cursor starts anew', async () => {
  for (const id of ['a', 'b', 'c']) reader.change('fired', testAlert({ id }))
  const resumed = connect({ type: 'subscribe', topic: 'alerts', cursor: '1-0' })
  reader.lost.add('0-7')
  const lost = connect({ type: 'subscribe', topic: 'alerts', cursor: '0-7' })
  await settle()
  expect(resumed.wire.take().slice(1)).toMatchObject([
    { snapshot: false, cursor: '3-0', changes: [{ alert: { id: 'b' } }, { alert: { id: 'c' } }] },
  ])
  expect(lost.wire.take().slice(1)).toMatchObject([{ snapshot: true, cursor: '3-0' }])
})

test('a slow screen misses no change of an alert, also while Redis is away', async () => {
  const { wire } = connect({ type: 'subscribe', topic: 'alerts' })
  await settle()
  wire.take()
  wire.stuck = SLOW_BYTES + 1
  for (const id of ['a', 'b']) reader.change('fired', testAlert({ id }))
  wire.stuck = 0
  reader.failure = new Error('Connection is closed.')
  hub.tick()
  await settle()
  expect(wire.take()).toEqual([])
  reader.failure = null
  reader.change('fired', testAlert({ id: 'c' }))
  hub.tick()
  await settle()
  const ids = wire.take().flatMap((message) => ('changes' in message ? message.changes : []))
  expect(ids.map((change) => change.alert.id)).toEqual(['a', 'b', 'c'])
})

test('a change that happens while the last page is on its way is not lost', async () => {
  const read = reader.alertChanges.bind(reader)
  let calls = 0
  reader.alertChanges = async (cursor, limit) => {
    const page = await read(cursor, limit)
    if (++calls === 2) reader.change('fired', testAlert({ id: 'between' }))
    return page
  }
  const { wire } = connect({ type: 'subscribe', topic: 'alerts' })
  await settle()
  expect(wire.take().slice(2)).toMatchObject([{ changes: [{ alert: { id: 'between' } }] }])
})

test('the board is sent when it changes, and at least every five seconds', async () => {
  const { wire } = connect({ type: 'subscribe', topic: 'board' })
  expect(wire.take()[1]).toMatchObject({ type: 'board', board: { title: 'Test', now } })
  hub.sendBoard()
  wire.take()
  now += 1000
  reader.state = { ...reader.state, now }
  hub.sendBoard()
  expect(wire.take()).toEqual([])
  reader.state = { ...reader.state, now, eventsPerSecond: 99 }
  hub.sendBoard()
  expect(wire.take()).toHaveLength(1)
  now += 5000
  reader.state = { ...reader.state, now }
  hub.sendBoard()
  expect(wire.take()).toMatchObject([{ board: { now } }])
})

test('lines of promises are read at the finest rung that fits, and again when their metric moved', async () => {
  const promise = { title: 'p', metric: 'success', stat: 'ratio', window: '5m', group: {} } as const
  const config = testConfig()
  config.board.promises = [{ ...promise, direction: 'atLeast', target: 0.9 }]
  reader.active = config
  reader.points = [[now - 3_600_000, 0.5]]
  const source = new BoardSource(reader, () => now, noOrigins)
  await source.refresh()
  expect(reader.asked).toMatchObject([{ step: 3_600_000, from: now - 86_400_000, to: now }])
  expect(source.state().promises[0]!.line).toEqual([[now - 3_600_000, 0.5]])
  now += 11_000
  await source.refresh()
  expect(reader.asked).toHaveLength(1)
  source.moved('success')
  reader.failure = new Error('away')
  await source.refresh()
  expect(reader.asked).toHaveLength(2)
  expect(source.state().promises[0]!.line).toHaveLength(1)
})

test('an alert on the board says whether it began with a change of ours, also where that is known later', async () => {
  const asked: string[][] = []
  let known: [string, Origin][] = []
  const of = async (alerts: readonly Alert[]) => {
    asked.push(alerts.map(({ id }) => id))
    return new Map(known)
  }
  reader.all = [testAlert({ id: 'x' })]
  const source = new BoardSource(reader, () => now, { of })
  const origin = (): unknown => source.state().alerts[0]!.origin
  expect(origin()).toBeNull()
  await source.refresh()
  known = [['x', { kind: 'deploy', words: 'began with our deploy 4f2a', change: null, quietMs: 0 }]]
  await source.refresh()
  expect([asked, origin()]).toEqual([[['x']], null])
  now += 5000
  await source.refresh()
  expect(origin()).toEqual({ words: 'Began with our deploy 4f2a', ours: true })
})

test('a question nobody can answer is an error to the asker alone; topics are bounded', () => {
  const { wire } = connect(
    { type: 'subscribe', topic: 'kpis', metric: 'none' },
    { type: 'subscribe', topic: 'kpis', metric: 'volume', window: '9m' },
  )
  expect(wire.take().slice(1)).toMatchObject(
    [
      { type: 'error', message: /metric none/ },
      { type: 'error', message: /window 9m/ },
    ].map(({ type, message }) => ({ type, message: expect.stringMatching(message) })),
  )
  setRows(row('BTC', 1))
  const asks = Array.from({ length: 60 }, (_, i) => ({ pair: String(i) }))
  const greedy = connect(
    ...asks.map((group) => ({ type: 'subscribe', topic: 'kpis', metric: 'volume', group }) as const),
  )
  expect(greedy.screen.topics.size).toBe(50)
  hub.leave(greedy.screen)
  expect(hub.size).toBe(1)
})

test('unsubscribed topics are quiet', () => {
  setRows(row('BTC', 1))
  const { wire } = connect(
    { type: 'subscribe', topic: 'kpis', metric: 'volume' },
    { type: 'unsubscribe', topic: 'kpis', metric: 'volume' },
  )
  wire.take()
  setRows(row('BTC', 2))
  expect(wire.take()).toEqual([])
})

test('a screen that gives no sign of life is given up, one that answers is not', () => {
  const dead = connect()
  const alive = connect()
  now += 60_000
  alive.screen.heardAt = now
  hub.heartbeat()
  expect([dead.wire.pings, dead.wire.closed]).toEqual([1, null])
  now += 40_000
  hub.heartbeat()
  expect(dead.wire.closed).toBe(1006)
  expect(alive.wire.closed).toBeNull()
})
