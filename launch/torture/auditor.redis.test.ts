/** The auditor against a log and a ledger in which something is wrong. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { connect } from '../../engine/index.ts'
import { startRedis, type TestRedis } from '../../test/harness/redis.ts'
import { Auditor } from './auditor.ts'
import { writeLedger } from './ledger.ts'
import { rowOf } from './row.ts'

let server: TestRedis
let redis: ReturnType<typeof connect>
let folder: string
beforeAll(async () => {
  server = await startRedis()
  redis = connect(server.url, 'query')
  folder = mkdtempSync(join(tmpdir(), 'weir-audit-'))
})
afterAll(async () => {
  redis.disconnect()
  rmSync(folder, { recursive: true, force: true })
  await server.stop()
})
beforeEach(async () => {
  await redis.flushall()
  for (const producer of [1, 2]) writeLedger(folder, producer, { id: 'x', from: 0, acked: 0 })
})

/** Writes rows `from` … `to - 1` of producer 1 into one partition's log; resolves with the entry's id. */
async function write(partition: number, from: number, to: number): Promise<string> {
  const rows = Array.from({ length: to - from }, (_, i) => rowOf(1, from + i))
  const column = (name: 'producer' | 'serial'): number[] => rows.map((row) => row[name])
  const cols = JSON.stringify({ producer: column('producer'), serial: column('serial') })
  return (await redis.xadd(`weir:{torture.${partition}}:log`, '*', 'weir', 'batch/1', 'cols', cols))!
}

async function commit(partition: number, off: string, counted: number): Promise<void> {
  await redis.hset(`weir:{torture.${partition}}:meta`, { off, small: JSON.stringify({ counted }) })
}

const auditor = (): Auditor => new Auditor(redis, 'weir', folder)

test('compares up to the committed position, and all of it once that is the end', async () => {
  const audit = auditor()
  const first = await write(0, 0, 300)
  await commit(0, first, 300)
  const second = await write(0, 200, 500)
  writeLedger(folder, 1, { id: 'x', from: 0, acked: 500 })
  const well = { lost: 0, doubled: 0, problem: null }
  expect(await audit.look(true)).toEqual({ ...well, events: 300, settled: false })
  await commit(0, second, 500)
  expect(await audit.look(true)).toEqual({ ...well, events: 500, settled: true })
})

test('a row that the engine left out, and one that it took twice', async () => {
  await commit(0, await write(0, 0, 300), 299)
  await commit(1, await write(1, 300, 600), 301)
  expect(await auditor().look(false)).toMatchObject({
    events: 600,
    lost: 1,
    doubled: 1,
    problem: 'torture.0 counted 299 of 300, torture.1 counted 301 of 300',
  })
})

test('a row that was acknowledged and is in no log', async () => {
  writeLedger(folder, 1, { id: 'x', from: 0, acked: 301 })
  await commit(0, await write(0, 0, 300), 300)
  expect(await auditor().look(true)).toMatchObject({
    events: 301,
    lost: 1,
    doubled: 0,
    problem: '1 acknowledged rows of producer 1 are in no log',
  })
})

test('a log that was trimmed too early is said, not passed over', async () => {
  await write(0, 0, 300)
  await commit(0, await write(0, 300, 600), 600)
  await redis.xtrim('weir:{torture.0}:log', 'MAXLEN', 1)
  expect(await auditor().look(false)).toMatchObject({ problem: expect.stringContaining('trimmed') })
})
