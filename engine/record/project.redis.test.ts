import type { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startRedis, type TestRedis } from '../../test/harness/redis.ts'
import { defineConfig, noData, stream, t, threshold } from '../config/authoring.ts'
import { compile } from '../config/compile.ts'
import type { CompiledConfig } from '../config/compiled.ts'
import type { ControlEntry } from '../control/control-entry.ts'
import { appendConfig, newestControl, readControl } from '../control/control-log.ts'
import { connect } from '../stream/connection.ts'
import { catchUp, project } from './project.ts'
import { openRecords } from './record.ts'

let server: TestRedis
let redis: Redis
beforeAll(async () => {
  server = await startRedis()
  redis = connect(server.url, 'query')
})
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})
beforeEach(() => redis.flushall())

const trades = stream('trades', { key: 'pair', schema: { pair: t.String(), side: t.String() } })
const where = { side: { in: ['a|b', 'c'] } }
const [share, count] = [
  trades.metric('share', { by: ['pair'], where, stats: ['ratio'], windows: ['5m', '1d'] }),
  trades.metric('count', { by: ['pair'], stats: ['count'], windows: ['5m'] }),
]

function config(below: number, more = false): CompiledConfig {
  const rules = [threshold(share, { below, name: 'low' }), ...(more ? [noData(count, { for: '10m' })] : [])]
  const { config: compiled, mistakes } = compile(defineConfig({ rules }), { checkFile: () => null })
  expect(mistakes).toEqual([])
  return compiled
}
async function append(next: CompiledConfig): Promise<ControlEntry> {
  await appendConfig(redis, 'a', next, 'test')
  return (await newestControl(redis, 'a'))!
}
async function shown(): Promise<Pick<CompiledConfig, 'streams' | 'metrics' | 'rules'>> {
  const records = openRecords(redis, 'a')
  const [streams, metrics, rules] = [records.streams.all(), records.metrics.all(), records.rules.all()]
  return { streams: await streams, metrics: await metrics, rules: await rules }
}
function expected({ streams, metrics, rules }: CompiledConfig): Awaited<ReturnType<typeof shown>> {
  return { streams, metrics, rules }
}

test('records hold what the config declares, lists and separators intact', async () => {
  const entry = await append(config(0.9, true))
  await project(redis, 'a', entry)
  expect(await shown()).toEqual(expected(entry.config))
  const records = openRecords(redis, 'a')
  expect((await records.metrics.get('share'))?.where).toEqual(where)
  expect(await records.metrics.get('none')).toBeNull()
  expect(await openRecords(redis, 'b').streams.all()).toEqual([])
})

test('a new config changes, adds and removes, and its version says what', async () => {
  for (const next of [config(0.9), config(0.8, true), config(0.8)])
    await project(redis, 'a', await append(next))
  expect(await shown()).toEqual(expected(config(0.8)))
  const versions = await openRecords(redis, 'a').versions.all()
  expect(versions.map(({ added, changed, removed }) => ({ added, changed, removed }))).toEqual([
    { added: ['metric share', 'rule low'], changed: [], removed: [] },
    { added: ['metric count', 'rule noData-count'], changed: ['rule low'], removed: [] },
    { added: [], changed: [], removed: ['metric count', 'rule noData-count'] },
  ])
  expect(versions[2]).toMatchObject({ by: 'test', hash: config(0.8).hash })
})

test('projecting again, or an older entry, changes nothing', async () => {
  for (const next of [config(0.9), config(0.8, true)]) await project(redis, 'a', await append(next))
  const before = [await shown(), await openRecords(redis, 'a').versions.all()]
  for (const entry of (await readControl(redis, 'a', '0')).toReversed()) await project(redis, 'a', entry)
  expect([await shown(), await openRecords(redis, 'a').versions.all()]).toEqual(before)
})

test('records that were lost are made again from the log', async () => {
  for (const next of [config(0.9), config(0.8, true)]) await append(next)
  await catchUp(redis, 'a')
  const before = [await shown(), await openRecords(redis, 'a').versions.all()]
  for (const key of await redis.keys('*:record*')) await redis.del(key)
  expect((await shown()).streams).toEqual([])
  await catchUp(redis, 'a')
  expect([await shown(), await openRecords(redis, 'a').versions.all()]).toEqual(before)
})

test('processes that project at once end with the newest config', async () => {
  const entries: ControlEntry[] = []
  for (const below of [0.9, 0.8, 0.7]) entries.push(await append(config(below, below === 0.8)))
  await Promise.all(entries.toReversed().map((entry) => project(redis, 'a', entry)))
  expect(await shown()).toEqual(expected(config(0.7)))
})
