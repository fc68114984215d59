import type { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startRedis, type TestRedis } from '../../test/harness/redis.ts'
import type { CompiledConfig } from '../config/compiled.ts'
import { appendConfig } from '../control/control-log.ts'
import { trade, tradesStream } from '../event/trades.fixture.ts'
import { connect } from '../stream/connection.ts'
import { partitionKeys } from '../stream/keys.ts'
import { run } from './dead.ts'

let server: TestRedis
let redis: Redis
const HOSTILE = 'field "pair\x1b[2J\u202e" is\nunknown'

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
  const config: CompiledConfig = {
    version: 1,
    namespace: 'test',
    streams: [tradesStream({ partitions: 2 })],
    metrics: [],
    rules: [],
    channels: [],
    checks: [],
    scrapers: [],
    board: { title: '', headline: null, promises: [], numbers: [] },
    hash: 'h',
  }
  const { id } = await appendConfig(redis, 'test', config, 'test')
  for (const partition of [0, 1]) {
    const keys = partitionKeys('test', 'trades', partition)
    await redis.hset(keys.meta, 'small', JSON.stringify({ control: id, watermark: null, dead: 2, late: 0 }))
    for (const [i, row] of [trade({ at: Date.now() }), trade({ volume: -1 })].entries()) {
      const lost = {
        id: '1690000000000-0',
        row: i,
        from: 'web~1~a',
        origin: `line ${i}`,
        reason: HOSTILE,
        raw: JSON.stringify(row),
      }
      await redis.xadd(keys.dead, `${partition + 1}-${i}`, 'row', JSON.stringify(lost))
    }
  }
})

async function dead(words: string): Promise<{ code: number; out: string; err: string }> {
  let out = ''
  let err = ''
  const code = await run(words.split(' '), {
    env: { REDIS_URL: server.url, WEIR_NAMESPACE: 'test' },
    out: (text) => (out += text),
    err: (text) => (err += text),
  })
  return { code, out, err }
}

test('a list holds no control character but line ends, and says how to go on', async () => {
  const { code, out } = await dead('list --stream trades --limit 3')
  expect(code).toBe(0)
  expect(out.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\p{Cf}/u)
  expect(out).toContain(String.raw`field "pair\x1b[2J\u{202e}" is\nunknown`)
  expect(out).toMatch(/3 shown, 4 kept, 4 since the beginning; 0 replayed, 0 dropped/)
  expect(out.split('\n').every((line) => [...line].length <= 100)).toBe(true)
  const more = /weir dead (list .*)/.exec(out)![1]!
  expect((await dead(more)).out).toMatch(/^dead-0-1-0 .*\n.*\n1 shown/)
})

test('as JSON: one letter a line, as it is, and nothing hidden', async () => {
  const { out } = await dead('list --stream trades --json')
  const letters = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { reason: string })
  expect(letters).toHaveLength(4)
  expect(letters[0]!.reason).toBe(HOSTILE)
  expect(out.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\p{Cf}/u)
})

test('show, replay and drop by id; each says what became of it', async () => {
  expect((await dead('show --stream trades dead-1-2-0')).out).toMatch(/origin +line 0\n.*\nrow +\{"at":/)
  const both = await dead('replay --stream trades dead-1-2-0 dead-1-2-1')
  expect(both.code).toBe(1)
  expect(both.out).toMatch(
    /dead-1-2-0 {2}replayed\ndead-1-2-1 {2}not replayed: .*still no event.*\n1 of 2 replayed/,
  )
  expect((await dead('show --stream trades dead-1-2-0')).code).toBe(1)
  expect((await dead('drop --stream trades dead-1-2-1')).out).toMatch(/dropped\n1 of 1 dropped/)
  expect((await dead('drop --stream trades --reason UNKNOWN')).out).toMatch(/2 of 2 dropped/)
  expect((await dead('list --stream trades')).out).toMatch(
    /0 kept, 4 since the beginning; 1 replayed, 3 dropped/,
  )
})

test.each([
  ['', 2, /no verb/],
  ['lits --stream trades', 2, /there is no "lits"/],
  ['list', 2, /no stream/],
  ['drop --stream trades', 2, /ids, or --all/],
  ['drop --stream trades --all dead-0-1-0', 2, /ids, or --all/],
  ['list --stream trades --limit 0', 2, /1 to 1000/],
  ['list --stream trade', 1, /Did you mean 'trades'/],
  ['list --stream trades --cursor \x1b[2J', 1, /no cursor/],
])('weir dead %s', async (words, code, says) => {
  const told = await dead(words)
  expect(told).toMatchObject({ code, err: says, out: '' })
})
