/** Letters of a real engine: found, sent again exactly once, dropped, and counted. */
import pino from 'pino'
import type { Redis } from 'ioredis'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { startRedis, type TestRedis } from '../../test/harness/redis.ts'
import { t } from '../config/authoring.ts'
import { compile } from '../config/compile.ts'
import type { CompiledStream } from '../config/compiled.ts'
import { defineConfig } from '../config/define.ts'
import { stream as declare } from '../config/stream.ts'
import { appendConfig } from '../control/control-log.ts'
import { openProducer } from '../event/redis-producer.ts'
import { connect } from '../stream/connection.ts'
import { partitionKeys } from '../stream/keys.ts'
import { takePulse } from '../view/pulse.ts'
import { Worker } from '../worker.ts'
import type { Ledger, Replayed } from './ledger.ts'
import { openLedger } from './redis-ledger.ts'

let server: TestRedis
let redis: Redis
let ledger: Ledger
let worker: Worker | null = null

/** Two versions of one stream: what the first refuses the second may take. */
function configOf(note: boolean, lateness: '1s' | '1d' = '1s') {
  const schema = { at: t.Number(), k: t.String(), v: t.Number({ minimum: 0 }) }
  const load = declare('load', {
    key: 'k',
    time: 'at',
    partitions: 4,
    lateness,
    disorder: '0s',
    schema: note ? { ...schema, note: t.Optional(t.String()) } : schema,
  })
  const count = load.metric('count', { by: ['k'], stats: ['count'], windows: ['1m'] })
  return compile(defineConfig({ metrics: [count] }), { checkFile: () => null }).config
}

beforeAll(async () => {
  server = await startRedis()
  redis = connect(server.url, 'query')
})
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})
beforeEach(async () => {
  await redis.flushall()
  ledger = openLedger(server.url, 'weir')
})
afterEach(async () => {
  await worker?.stop()
  worker = null
  await ledger.close()
})

async function run(config: ReturnType<typeof configOf>): Promise<CompiledStream> {
  await appendConfig(redis, 'weir', config, 'test')
  if (worker === null) {
    worker = new Worker({
      redisUrl: server.url,
      namespace: 'weir',
      log: pino({ level: 'silent' }),
      ttl: 2000,
    })
    await worker.start()
  }
  return config.streams.find(({ name }) => name === 'load')!
}

async function send(stream: CompiledStream, rows: Record<string, unknown>[]): Promise<void> {
  const producer = await openProducer({ redisUrl: server.url, namespace: 'weir', stream }, { name: 'test' })
  for (const [i, row] of rows.entries()) await producer.send(row, `line ${i + 1}`)
  await producer.close()
}

/** Waits until the engine has said what became of so many rows. */
async function account(stream: CompiledStream, wanted: Record<string, number>): Promise<void> {
  for (let i = 0; i < 100; i++) {
    const { accounting } = await takePulse(redis, 'weir', [stream])
    if (Object.entries(wanted).every(([name, n]) => accounting[0]![name as 'counted'] === n)) break
    await sleep(100)
  }
  expect((await takePulse(redis, 'weir', [stream])).accounting[0]).toMatchObject(wanted)
}

/** Patient with an engine that is about to take up a new config. */
async function replay(stream: CompiledStream, id: string): Promise<Replayed> {
  for (;;) {
    const told = await ledger.replay(stream, id)
    if (told.ok || told.reason !== 'behind') return told
    await sleep(50)
  }
}

test('letters over all partitions, newest first, page by page, none twice and none missed', async () => {
  const stream = await run(configOf(false))
  for (let i = 0; i < 30; i++) await send(stream, [{ at: Date.now(), k: `k${i}`, v: -1 - i }])
  await account(stream, { dead: 30, counted: 0 })

  const all = await ledger.list(stream, { kind: 'dead', limit: 100 })
  expect(all).toMatchObject({ cursor: null, kept: 30, total: 30, replayed: 0, dropped: 0 })
  expect(new Set(all.letters.map(({ partition }) => partition)).size).toBe(4)
  expect(all.letters[0]).toMatchObject({ reason: /volume|"v"/, origin: 'line 1', from: /^test~/ })
  const times = all.letters.map(({ at }) => at)
  expect(times).toEqual(times.toSorted((a, b) => b - a))

  const paged: string[] = []
  for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
    const page = await ledger.list(stream, {
      kind: 'dead',
      limit: 7,
      ...(cursor === undefined ? {} : { cursor }),
    })
    expect(page.letters.length).toBeLessThanOrEqual(7)
    paged.push(...page.letters.map(({ id }) => id))
    cursor = page.cursor ?? undefined
  }
  expect(paged).toEqual(all.letters.map(({ id }) => id))

  const some = await ledger.list(stream, { kind: 'dead', limit: 100, reason: 'FOUND NUMBER -17' })
  expect(some.letters).toHaveLength(1)
  await expect(ledger.list(stream, { kind: 'late', limit: 1, cursor: paged[0]! })).rejects.toThrow(/cursor/)
})

test('after the schema was corrected a letter is replayed, and counts once, however often and by how many', async () => {
  const before = await run(configOf(false))
  await send(before, [{ at: Date.now(), k: 'a', v: 1, note: 'new' }])
  await account(before, { dead: 1 })
  const [letter] = (await ledger.list(before, { kind: 'dead', limit: 1 })).letters
  expect(await ledger.replay(before, letter!.id)).toMatchObject({
    ok: false,
    reason: 'invalid',
    says: /note/,
  })
  // A refused replay leaves no second letter.
  await account(before, { dead: 1, counted: 0 })

  const after = await run(configOf(true))
  const twins = await Promise.all([1, 2, 3].map(() => replay(after, letter!.id)))
  expect(twins.filter(({ ok }) => ok).length).toBeGreaterThanOrEqual(1)
  await account(after, { dead: 1, counted: 1 })
  expect(await ledger.replay(after, letter!.id)).toMatchObject({ ok: false, reason: 'gone' })
  expect(await ledger.list(after, { kind: 'dead', limit: 1 })).toMatchObject({
    kept: 0,
    total: 1,
    replayed: 1,
  })

  // As if the process had died between sending the row and taking the letter away.
  const { dead } = partitionKeys('weir', 'load', letter!.partition)
  const row = { id: letter!.entry, row: letter!.row, from: '', origin: '', reason: '', raw: letter!.raw }
  await redis.xadd(dead, '*', 'row', JSON.stringify(row))
  const [again] = (await ledger.list(after, { kind: 'dead', limit: 1 })).letters
  expect(await ledger.replay(after, again!.id)).toMatchObject({ ok: true })
  const duplicate = twins.filter(({ ok }) => ok).length
  await account(after, { dead: 1, counted: 1, duplicate })
})

test('late rows stay out of closed time, until the stream takes rows that late', async () => {
  const stream = await run(configOf(false))
  const now = Date.now()
  await send(stream, [{ at: now, k: 'a', v: 1 }])
  await send(stream, [{ at: now - 60_000, k: 'a', v: 2 }])
  await account(stream, { counted: 1, late: 1 })
  const [letter] = (await ledger.list(stream, { kind: 'late', limit: 1 })).letters
  expect(letter).toMatchObject({ kind: 'late', reason: /watermark/, row: 0 })
  expect(await ledger.replay(stream, letter!.id)).toMatchObject({ ok: false, reason: 'closed' })
  const later = await run(configOf(false, '1d'))
  expect(await replay(later, letter!.id)).toMatchObject({ ok: true })
  await account(later, { counted: 2, late: 1 })
})

test('a row of more than 4 KB is replayed whole as long as the log has it', async () => {
  const stream = await run(configOf(true))
  const now = Date.now()
  await send(stream, [{ at: now, k: 'a', v: 1 }])
  await send(stream, [{ at: now - 60_000, k: 'a', v: 2, note: 'long '.repeat(1500) }])
  await redis.xadd(partitionKeys('weir', 'load', 0).log, '*', 'at', 'x'.repeat(6000))
  await account(stream, { counted: 1, late: 1, dead: 1 })
  const later = await run(configOf(true, '1d'))
  const [late] = (await ledger.list(later, { kind: 'late', limit: 1 })).letters
  expect(late!.raw.length).toBeLessThan(5000)
  expect(await replay(later, late!.id)).toMatchObject({ ok: true })
  await account(later, { counted: 2, dead: 1 })

  const [dead] = (await ledger.list(later, { kind: 'dead', limit: 1 })).letters
  expect(await replay(later, dead!.id)).toMatchObject({ ok: false, reason: 'invalid' })
  await redis.xdel(partitionKeys('weir', 'load', 0).log, dead!.entry)
  expect(await replay(later, dead!.id)).toMatchObject({ ok: false, reason: 'cut' })
})

test('a dropped letter is gone, and counted once', async () => {
  const stream = await run(configOf(false))
  await send(stream, [{ at: 1, k: 'a', v: 1 }])
  await account(stream, { dead: 1 })
  const [letter] = (await ledger.list(stream, { kind: 'dead', limit: 1 })).letters
  expect(await ledger.show(stream, letter!.id)).toEqual(letter)
  expect(await Promise.all([ledger.drop(stream, letter!.id), ledger.drop(stream, letter!.id)])).toEqual([
    true,
    false,
  ])
  expect(await ledger.show(stream, letter!.id)).toBeNull()
  expect(await ledger.drop(stream, 'dead-999-1-0')).toBe(false)
  expect(await ledger.list(stream, { kind: 'dead', limit: 1 })).toMatchObject({
    kept: 0,
    total: 1,
    dropped: 1,
  })
})
