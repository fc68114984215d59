import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Redis } from 'ioredis'
import { startRedis, type TestRedis } from '../../test/harness/redis.ts'
import { defineConfig, stream, t } from '../config/authoring.ts'
import { compile } from '../config/compile.ts'
import type { CompiledConfig } from '../config/compiled.ts'
import { connect } from '../stream/connection.ts'
import { sharedKeys } from '../stream/keys.ts'
import { appendConfig, newestConfig, newestControl, readControl } from './control-log.ts'
import { readProblem, reportProblem } from './problem.ts'

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

const schema = {
  at: t.Number(),
  pair: t.String(),
  side: t.Enum(['buy', 'sell']),
  note: t.Optional(t.String()),
}
function config(partitions = 8, fields: object = schema, board = 'Weir'): CompiledConfig {
  const trades = stream('trades', { key: 'pair', time: 'at', partitions, schema: { ...schema, ...fields } })
  const { config: compiled, mistakes } = compile(
    defineConfig({ streams: [trades], board: { title: board } }),
    {
      checkFile: () => null,
    },
  )
  expect(mistakes).toEqual([])
  return compiled
}

test('a config is appended once, and read back by everybody', async () => {
  expect(await newestControl(redis, 'a')).toBeNull()
  const first = await appendConfig(redis, 'a', config(), 'test')
  expect(first.changed).toBe(true)
  expect(await appendConfig(redis, 'a', config(), 'test')).toEqual({
    id: first.id,
    changed: false,
    again: false,
  })
  expect(await readControl(redis, 'a', '0')).toEqual([
    { id: first.id, by: 'test', kind: 'config', config: config() },
  ])
  expect(await readControl(redis, 'a', first.id)).toEqual([])
  expect(await newestConfig(redis, 'b')).toBeNull()
})

test('going back to an earlier config is a change of its own', async () => {
  const told = []
  for (const board of ['one', 'two', 'one'])
    told.push(await appendConfig(redis, 'a', config(8, {}, board), 'test'))
  expect(told.map(({ changed, again }) => [changed, again])).toEqual([
    [true, false],
    [true, false],
    [true, true],
  ])
  expect(await readControl(redis, 'a', '0')).toHaveLength(3)
})

test('a reader that waits gets the next entry', async () => {
  const blocked = connect(server.url, 'block')
  await blocked.connect()
  const waiting = readControl(blocked, 'a', '0', 5000)
  const { id } = await appendConfig(redis, 'a', config(), 'test')
  expect((await waiting).map((entry) => entry.id)).toEqual([id])
  expect(await readControl(blocked, 'a', id, 10)).toEqual([])
  blocked.disconnect()
})

test('two writers at once: both are in the log, one after the other', async () => {
  const boards = Array.from({ length: 4 }, (_, i) => `board ${i}`)
  await Promise.all(boards.map((board) => appendConfig(redis, 'a', config(8, {}, board), board)))
  expect((await readControl(redis, 'a', '0')).map((entry) => entry.by).toSorted()).toEqual(boards)
})

test('a writer overtaken between its look and its append looks again', async () => {
  await appendConfig(redis, 'a', config(), 'test')
  let overtaken = false
  const slow = new Proxy(redis, {
    get: (target, name) => {
      if (name !== 'eval') return Reflect.get(target, name) as unknown
      return async (...args: Parameters<Redis['eval']>) => {
        if (!overtaken) await appendConfig(redis, 'a', config(8, { n: t.String() }), 'faster')
        overtaken = true
        return target.eval(...args)
      }
    },
  })
  await expect(appendConfig(slow, 'a', config(8, { n: t.Number() }), 'slower')).rejects.toThrow(
    "field 'n' would change from string to number",
  )
  expect((await readControl(redis, 'a', '0')).map((entry) => entry.by)).toEqual(['test', 'faster'])
})

test('partitions are fixed at creation, also after the stream was away', async () => {
  await appendConfig(redis, 'a', config(8), 'test')
  const error = await appendConfig(redis, 'a', config(4), 'test').catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    code: 'WEIR_CONFIG',
    message: "stream 'trades' cannot change like this: it has 8 partitions, fixed when it was created.",
    todo: "Change it back, or declare a new stream, such as 'trades-2'.",
  })
  expect(await redis.hgetall(sharedKeys('a').partitions)).toEqual({ runs: '1', fields: '4', trades: '8' })
  expect((await newestConfig(redis, 'a'))?.hash).toBe(config(8).hash)
})

test.each([
  [{ pair: t.Number() }, "field 'pair' would change from string to number"],
  [{ side: t.Enum(['buy']) }, 'field \'side\' would no longer allow "sell"'],
  [{ note: t.Enum(['x']) }, 'field \'note\' would no longer allow "anything else"'],
  [{ note: t.String() }, "field 'note' would no longer be optional"],
])('narrowing is refused: %o', async (fields, why) => {
  await appendConfig(redis, 'a', config(), 'test')
  await expect(appendConfig(redis, 'a', config(8, fields), 'test')).rejects.toThrow(why)
})

test('a stream that was away for some configs comes back as it was, or not at all', async () => {
  await appendConfig(redis, 'a', config(), 'test')
  const without = {
    ...config(8, {}, 'without'),
    streams: config().streams.filter(({ name }) => name !== 'trades'),
  }
  await appendConfig(redis, 'a', without, 'test')
  await appendConfig(redis, 'a', { ...without, hash: 'again' }, 'test')
  const narrower = config(8, { pair: t.Number() }, 'narrower')
  await expect(appendConfig(redis, 'a', narrower, 'test')).rejects.toThrow(
    'would change from string to number',
  )
  expect((await appendConfig(redis, 'a', config(8, {}, 'back'), 'test')).changed).toBe(true)
})

test('widening is not', async () => {
  await appendConfig(redis, 'a', config(8, { n: t.Integer() }), 'test')
  const wider = { n: t.Number(), side: t.Enum(['buy', 'sell', 'swap']), more: t.Optional(t.String()) }
  expect((await appendConfig(redis, 'a', config(8, wider), 'test')).changed).toBe(true)
})

test('what nobody can read is passed over', async () => {
  const { control } = sharedKeys('a')
  await redis.xadd(control, '*', 'kind', 'config', 'config', '{"version":')
  const { id } = await appendConfig(redis, 'a', config(), 'test')
  for (let i = 0; i < 40; i++) await redis.xadd(control, '*', 'kind', 'of the future')
  expect((await newestControl(redis, 'a'))?.id).toBe(id)
  expect((await readControl(redis, 'a', '0')).map((entry) => entry.id)).toEqual([id])
  expect((await appendConfig(redis, 'a', config(8, {}, 'next'), 'test')).changed).toBe(true)
})

test('the newest problem is kept until all is well', async () => {
  expect(await readProblem(redis, 'a')).toBeNull()
  await reportProblem(redis, 'a', 'streams.config.ts:3: no')
  const problem = await readProblem(redis, 'a')
  expect(problem?.text).toBe('streams.config.ts:3: no')
  expect(Math.abs((problem?.at ?? 0) - Date.now())).toBeLessThan(5000)
  await reportProblem(redis, 'a', null)
  expect(await readProblem(redis, 'a')).toBeNull()
})
