import { expect, test } from 'vitest'
import { NOW, testApp } from '../app.fixture.ts'
import type { MemoryReader } from '../memory-reader.fixture.ts'

const MINUTE = 60_000
const THIS = NOW - (NOW % MINUTE)

async function ask(query: string, prepare: (reader: MemoryReader) => void = () => {}) {
  const { app, reader } = testApp()
  prepare(reader)
  const answer = await app.request(`/v1/accounting${query}`)
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown>, reader }
}

test('of one stream: its producers and minutes, by default of the last hour', async () => {
  const { status, body, reader } = await ask('?stream=trades')
  expect(status).toBe(200)
  expect(body).toMatchObject({ now: NOW, stream: 'trades', from: THIS - 60 * MINUTE, to: THIS, omitted: 0 })
  expect(reader.askedAccounts).toEqual([{ stream: 'trades', from: THIS - 60 * MINUTE, to: THIS }])
  const narrow = await ask(`?stream=trades&producer=web&from=${THIS - 90_000}&to=${THIS - 1}`)
  expect(narrow.reader.askedAccounts).toEqual([
    { stream: 'trades', producer: 'web', from: THIS - 2 * MINUTE, to: THIS - MINUTE },
  ])
})

test('without a stream: the totals per stream', async () => {
  expect((await ask('')).body).toEqual({ now: NOW, streams: [] })
})

test('what cannot be meant is a problem with its parameter', async () => {
  expect((await ask('?producer=web')).body).toMatchObject({ status: 400, todo: 'Add stream=<name>.' })
  expect((await ask('?stream=tradez')).body).toMatchObject({ status: 404, code: 'WEIR_STREAM_UNKNOWN' })
  expect((await ask('?stream=trades&from=soon')).body).toMatchObject({ status: 400, code: 'WEIR_QUERY' })
  expect((await ask('?stream=trades&from=now&to=-1h')).body).toMatchObject({ status: 400 })
  expect((await ask('?stream=trades&minute=1')).body).toMatchObject({ status: 400 })
  expect((await ask('?stream=trades', (reader) => (reader.active = null))).status).toBe(503)
  expect((await ask('?stream=trades', (reader) => (reader.state.redis.ok = false))).status).toBe(503)
})
