/** What runs of a collector tell of its fields, as a real API changes under it. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CompiledStream, compileValidator, type FieldEvent, type RunEvent } from '../../engine/index.ts'
import { aimedAt, type CollectOptions } from '../define/collect.ts'
import { collect } from '../index.ts'
import { loneGate } from '../politeness/lone-gate.ts'
import { run } from '../run.ts'
import { entryOf } from '../schedule/catalog.ts'

const trades: CompiledStream = {
  name: 'trades',
  key: 'pair',
  time: 'at',
  clock: 'live',
  lateness: 0,
  disorder: 0,
  partitions: 1,
  retention: { age: 1, bytes: 1 },
  schemaVersion: 'a',
  schema: {
    type: 'object',
    properties: {
      at: { type: 'number' },
      pair: { type: 'string' },
      volume: { type: 'number', minimum: 0 },
      note: { type: 'string' },
    },
    required: ['at', 'pair', 'volume'],
  },
}

type Answered = Record<string, unknown>

let server: Server
let answer: { status?: number; body: string }

beforeAll(async () => {
  server = createServer((_, response) => {
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' }).end(answer.body)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const collector = (streams: readonly CompiledStream[] = [trades]) => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const events: CollectOptions['events'] = (rows: Answered[], at) =>
    rows.map(({ market, amount, remark }) => ({ at, pair: market, volume: amount, note: remark }))
  return aimedAt(collect('exchange', { url, every: '1h', local: true, into: 'trades', events }), streams)
}

async function told(body: unknown, status = 200, from = collector()) {
  answer = { status, body: typeof body === 'string' ? body : JSON.stringify(body) }
  let fields: FieldEvent[] = []
  let sent = 0
  const event: RunEvent = await run(from, 'v1', {
    gate: loneGate(),
    pool: null,
    now: Date.now,
    sleep: async () => undefined,
    publish: async (_, rows) => void (fields = rows),
    publishRows: async (_, rows) => void (sent = rows.length),
    fits: (_, row) => {
      const valid = compileValidator(trades)(row)
      return valid.ok ? null : valid.reason
    },
    hostsRemapped: false,
  })
  const states = Object.fromEntries(fields.map(({ field, state }) => [field, state]))
  return { verdict: `${event.outcome}.${event.reason}`, event, fields, states, sent }
}

const rows = (change: (i: number) => Answered = () => ({})): Answered[] =>
  Array.from({ length: 20 }, (_, i) => ({ market: 'BTC-EUR', amount: i, remark: 'x', ...change(i) }))
const found = { at: 'ok', pair: 'ok', volume: 'ok', note: 'ok' }

test('a good answer tells type, median and share of each field of its stream; the catalog names them', async () => {
  const { verdict, event, fields, sent } = await told(rows((i) => (i < 15 ? { remark: undefined } : {})))
  expect([verdict, sent]).toEqual(['ok.all_valid', 20])
  expect(event).toMatchObject({ present: ['at', 'pair', 'volume', 'note'], missing: [] })
  const row = (field: string) => fields.find((each) => each.field === field)
  const common = { scraper: 'exchange', template: 'exchange', state: 'ok', detail: '', version: 'v1' }
  expect(row('volume')).toMatchObject({ ...common, type: 'number', value: 9, share: 1, optional: false })
  expect(row('pair')).toMatchObject({ ...common, type: 'string', length: 7, share: 1 })
  expect(row('note')).toMatchObject({ ...common, type: 'string', length: 1, share: 0.25, optional: true })
  expect(row('at')).not.toHaveProperty('value')
  expect(entryOf({ scraper: collector(), version: 'v1' }).fields).toContainEqual({
    name: 'note',
    optional: true,
    absence: false,
  })
})

test('what an API no longer gives, or gives otherwise, is said of the field; right events are right', async () => {
  const renamed = await told(rows(() => ({ remark: undefined })))
  expect(renamed).toMatchObject({ verdict: 'ok.all_valid', states: { ...found, note: 'missing' } })
  const nulls = await told(rows(() => ({ amount: null })))
  expect(nulls).toMatchObject({ verdict: 'invalid_data.events', states: { ...found, volume: 'empty' } })
  expect(nulls.fields.find(({ field }) => field === 'volume')).toMatchObject({ type: 'null', share: 0 })
  const texts = await told(rows((i) => (i > 4 ? { amount: `${i}` } : {})))
  expect(texts).toMatchObject({ verdict: 'partial.events', states: { ...found, volume: 'invalid' }, sent: 5 })
  expect(texts.fields.find(({ field }) => field === 'volume')).toMatchObject({ type: 'string', share: 0.25 })
  expect(texts.event.invalid).toEqual(['volume'])
  const one = await told(rows((i) => (i === 0 ? { amount: 'x' } : {})))
  expect(one).toMatchObject({ verdict: 'partial.events', states: found, sent: 19 })
})

test('of an answer without events nothing is said; of one that is another shape all is lost', async () => {
  expect(await told([])).toMatchObject({ verdict: 'ok.all_valid', fields: [] })
  const lost = { at: 'missing', pair: 'missing', volume: 'missing', note: 'missing' }
  const wrapped = await told({ trades: rows() })
  expect(wrapped).toMatchObject({ verdict: 'layout_changed.mapping', states: lost })
  expect(wrapped.fields[0]!.detail).toContain('no events were made: events() threw')
  expect(await told('<html>')).toMatchObject({ verdict: 'layout_changed.not_json', states: lost })
  expect(await told('', 204)).toMatchObject({ verdict: 'layout_changed.identity', states: lost })
})

test('a site that is down, and a config without the stream, say nothing of fields', async () => {
  expect(await told('no', 503)).toMatchObject({ verdict: 'site_down.http5xx', fields: [] })
  expect((await told('no', 503)).event.missing).toEqual([])
  expect(await told(rows(), 200, collector([]))).toMatchObject({ verdict: 'ok.all_valid', fields: [] })
})
