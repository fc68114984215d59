import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { existsSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { freePort, startRedis, type TestRedis } from '../../test/harness/redis.ts'
import type { CompiledConfig } from '../config/compiled.ts'
import { appendConfig } from '../control/control-log.ts'
import { decode } from '../event/decode.ts'
import { tradesStream } from '../event/trades.fixture.ts'
import { connect } from '../stream/connection.ts'
import { partitionKeys } from '../stream/keys.ts'
import { run } from './ingest.ts'

const PARTITIONS = 4
const LAUNCHER = fileURLToPath(new URL('../../weir', import.meta.url))
let server: TestRedis
let redis: Redis
let dir: string

beforeAll(async () => {
  server = await startRedis({ fsync: 'always' })
  redis = connect(server.url, 'query')
  dir = await mkdtemp(join(tmpdir(), 'weir-ingest-'))
})
afterAll(async () => {
  redis.disconnect()
  await server.stop()
  await rm(dir, { recursive: true })
})
beforeEach(async () => {
  await redis.flushall()
  const config: CompiledConfig = {
    version: 1,
    namespace: 'test',
    streams: [tradesStream({ partitions: PARTITIONS })],
    metrics: [],
    rules: [],
    channels: [],
    checks: [],
    scrapers: [],
    board: { title: '', headline: null, promises: [], numbers: [] },
    hash: 'h',
  }
  await appendConfig(redis, 'test', config, 'test')
})

/** The n-th line of a file; every fifth is equal to another one and an event of its own all the same. */
const line = (i: number): string =>
  JSON.stringify({ at: 1_700_000_000_000 + i, pair: `P${i % 30}`, volume: i % 5 === 0 ? 0 : i })
const lines = (n: number): string => Array.from({ length: n }, (_, i) => `${line(i)}\n`).join('')

async function file(name: string, text: string | Buffer): Promise<string> {
  const path = join(dir, name)
  await writeFile(path, text)
  return path
}

interface Outcome {
  code: number | null
  out: string
  err: string
}

/** Runs the command in this process. */
async function ingest(
  argv: string[],
  changes: { env?: Record<string, string>; patience?: number } = {},
): Promise<Outcome> {
  let out = ''
  let err = ''
  const code = await run(argv, {
    env: { REDIS_URL: server.url, WEIR_NAMESPACE: 'test', ...changes.env },
    out: (text) => (out += text),
    err: (text) => (err += text),
    terminal: false,
    patience: changes.patience ?? 10_000,
  })
  return { code, out, err }
}

/** Runs the command as people do. */
function child(argv: string[], input?: string): { done: Promise<Outcome>; kill: () => boolean } {
  const env = { ...process.env, REDIS_URL: server.url, WEIR_NAMESPACE: 'test' }
  const program = spawn(process.execPath, [LAUNCHER, 'ingest', ...argv], { env, cwd: dir })
  program.stdin.end(input)
  let out = ''
  let err = ''
  program.stdout.on('data', (chunk) => (out += String(chunk)))
  program.stderr.on('data', (chunk) => (err += String(chunk)))
  const done = new Promise<Outcome>((resolve) => program.once('close', (code) => resolve({ code, out, err })))
  return { done, kill: () => program.kill('SIGKILL') }
}

interface Account {
  counted: number
  duplicate: number
  dead: string[]
}

/** The account an engine comes to: rows counted once per producer, partition and number. */
async function account(): Promise<Account> {
  const sum: Account = { counted: 0, duplicate: 0, dead: [] }
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const next = new Map<string, number>()
    for (const [id, fields] of await redis.xrange(partitionKeys('test', 'trades', partition).log, '-', '+')) {
      const entry = decode(id, fields)
      if (entry.kind === 'beat') continue
      if (entry.kind !== 'batch' && entry.kind !== 'reject') throw new Error(`found ${entry.kind}`)
      const last = next.get(entry.from) ?? 0
      expect(entry.seq, 'no hole in the sequence').toBeLessThanOrEqual(last)
      const fresh = Math.max(0, entry.seq + entry.n - last)
      sum.duplicate += entry.n - fresh
      if (entry.kind === 'batch') sum.counted += fresh
      else
        sum.dead.push(
          ...entry.rows.slice(entry.n - fresh).map(({ origin, reason }) => `${origin}: ${reason}`),
        )
      next.set(entry.from, last + fresh)
    }
  }
  return sum
}

describe('a file', () => {
  test('is sent once, however often', async () => {
    const path = await file('a.ndjson', lines(3000))
    expect(await ingest([path, '--stream', 'trades'])).toEqual({
      code: 0,
      out: 'sent 3,000 events to trades: 0 dead\n',
      err: '',
    })
    expect(await account()).toEqual({ counted: 3000, duplicate: 0, dead: [] })
    const copy = await file('copy.ndjson', lines(3000))
    await Promise.all([ingest([path, '--stream', 'trades']), ingest([copy, '--stream', 'trades'])])
    expect(await account()).toEqual({ counted: 3000, duplicate: 6000, dead: [] })
  })

  test('sent twice at the same time is counted once', async () => {
    const path = await file('same.ndjson', lines(2000))
    await Promise.all([ingest([path, '--stream', 'trades']), ingest([path, '--stream', 'trades'])])
    expect(await account()).toEqual({ counted: 2000, duplicate: 2000, dead: [] })
  })

  test('that grew adds what is new', async () => {
    const path = await file('grows.ndjson', lines(1000))
    await ingest([path, '--stream', 'trades'])
    await file('grows.ndjson', lines(1500))
    await ingest([path, '--stream', 'trades'])
    expect(await account()).toMatchObject({ counted: 1500, duplicate: 1000 })
  })

  test('may be packed, and is the same packed or not', async () => {
    await ingest([await file('p.ndjson.gz', gzipSync(lines(1000))), '--stream', 'trades'])
    await ingest([await file('p.ndjson', lines(1000)), '--stream', 'trades'])
    expect(await account()).toMatchObject({ counted: 1000, duplicate: 1000 })
  })

  test('with spoilt lines: each is named, with its number and reason, and the rest goes on', async () => {
    await ingest([await file('good.ndjson', lines(500)), '--stream', 'trades'])
    const rows = lines(500).split('\n')
    rows[4] = '{"at":1'
    rows[9] = '[1,2]'
    rows[19] = rows[19]!.replace('"pair"', '"pear"')
    rows[29] = rows[29]!.replace(/"volume":\d+/, '"volume":"x"')
    rows[39] = `{"at":1700000000000,"pair":"A","volume":1,"note":"${'x'.repeat(5_000_000)}"}`
    rows[49] = rows[49]!.replace('17000000000', '17000000')
    rows[59] = 'null'
    const { code, out } = await ingest([
      await file('spoilt.ndjson', rows.join('\n')),
      '--stream',
      'trades',
      '--strict',
    ])
    expect(code).toBe(1)
    expect(out.split('\n')).toEqual([
      'sent 493 events to trades: 7 dead (lines 5, 10, 20, 30, 40, 50, 60)',
      expect.stringMatching(/^ {2}line 5: not JSON: /),
      '  line 10: expected a JSON object, found an array of 2',
      '  line 20: field "pair" is missing (is it "pear"?)',
      '  line 30: field "volume": expected number, found string "x"',
      '  line 40: 5000052 bytes, at most 32768 allowed',
      expect.stringContaining('line 50: field "at" (the time): expected milliseconds since 1970, found 17'),
      '  line 60: expected a JSON object, found null',
      '',
    ])
    const { counted, duplicate, dead } = await account()
    expect({ counted, duplicate, dead: dead.length }).toEqual({ counted: 993, duplicate: 0, dead: 7 })
    // Again: the dead letters are there once.
    await ingest([join(dir, 'spoilt.ndjson'), '--stream', 'trades'])
    expect((await account()).dead).toHaveLength(7)
  })

  test('from standard input counts again, unless its run has a name', async () => {
    const stdin = child(['-', '--stream', 'trades', '--run', 'r1'], lines(100))
    expect(await stdin.done).toMatchObject({ code: 0, out: 'sent 100 events to trades: 0 dead\n' })
    await child(['-', '--stream', 'trades', '--run', 'r1'], lines(120)).done
    expect(await account()).toMatchObject({ counted: 120, duplicate: 100 })
    const { err } = await child(['-', '--stream', 'trades'], lines(100)).done
    expect(err).toContain('--run ID')
    expect(await account()).toMatchObject({ counted: 220 })
  })
})

describe('a crash', () => {
  const TOTAL = 50_000

  test('of the command: sent again, everything is there once', async () => {
    const path = await file('big.ndjson', lines(TOTAL))
    const first = child([path, '--stream', 'trades'])
    while ((await redis.exists(partitionKeys('test', 'trades', 0).log)) === 0) await sleep(2)
    first.kill()
    await first.done
    const { counted } = await account()
    expect(counted).toBeGreaterThan(0)
    expect(counted).toBeLessThan(TOTAL)
    expect(await child([path, '--stream', 'trades']).done).toMatchObject({ code: 0 })
    expect(await account()).toEqual({ counted: TOTAL, duplicate: counted, dead: [] })
  }, 120_000)

  test('of Redis: the command waits for it and goes on', async () => {
    const path = await file('big.ndjson', lines(TOTAL))
    const sending = ingest([path, '--stream', 'trades'])
    while ((await redis.exists(partitionKeys('test', 'trades', 0).log)) === 0) await sleep(2)
    await server.kill()
    await sleep(300)
    await server.restart()
    expect(await sending).toEqual({ code: 0, out: 'sent 50,000 events to trades: 0 dead\n', err: '' })
    expect(await account()).toMatchObject({ counted: TOTAL })
  })

  test('of Redis for good: a clear error, and the same command goes on later', async () => {
    const path = await file('big.ndjson', lines(TOTAL))
    const sending = ingest([path, '--stream', 'trades'], { patience: 500 })
    while ((await redis.exists(partitionKeys('test', 'trades', 0).log)) === 0) await sleep(2)
    await server.kill()
    const { code, err } = await sending
    await server.restart()
    expect(code).toBe(1)
    expect(err).toMatch(
      /^weir ingest: Redis has been away for 0\.5 s: .*\. Once it is back, run the same command again/,
    )
    await ingest([path, '--stream', 'trades'])
    expect(await account()).toMatchObject({ counted: TOTAL })
  })
})

describe('a mistake is answered in one line', () => {
  const failing = async (argv: string[], env: Record<string, string> = {}): Promise<string> => {
    const { code, out, err } = await ingest(argv, { env })
    expect(code).toBeGreaterThan(0)
    expect(out).toBe('')
    return err
  }

  test('an unknown stream', async () => {
    const path = await file('a.ndjson', lines(1))
    expect(await failing([path, '--stream', 'traids'])).toMatch(
      /^there is no stream "traids"\. Did you mean 'trades'\?/,
    )
  })

  test('no such file, a folder, no gzip', async () => {
    expect(await failing(['/no/such', '--stream', 'trades'])).toMatch(/^\/no\/such: there is no such file\./)
    expect(await failing([dir, '--stream', 'trades'])).toContain('it is a folder')
    const path = await file('fake.gz', 'no gzip')
    expect(await failing([path, '--stream', 'trades'])).toContain('incorrect header check')
  })

  test('no Redis', async () => {
    const path = await file('a.ndjson', lines(1))
    const port = await freePort()
    expect(
      await failing([path, '--stream', 'trades'], { REDIS_URL: `redis://:secret@127.0.0.1:${port}` }),
    ).toBe(
      `Redis at 127.0.0.1:${port} does not answer: connect ECONNREFUSED 127.0.0.1:${port}. Check that Redis is running and reachable.\n`,
    )
    expect(await failing([path, '--stream', 'trades'], { REDIS_URL: '' })).toContain('Set REDIS_URL')
  })

  test('wrong words', async () => {
    expect(await failing(['--stream', 'trades'])).toContain('no file is named')
    expect(await failing(['x'])).toContain('no stream is named')
    expect(await failing(['x', '--steam', 'y'])).toContain("Unknown option '--steam'")
  })
})

const real = fileURLToPath(new URL('../../../shared/data/requests.ndjson', import.meta.url))
test.skipIf(!existsSync(real))('real requests, some equal to others, are each counted once', async () => {
  const total = readFileSync(real, 'utf8').trim().split('\n').length
  const base = tradesStream({ name: 'trades', partitions: PARTITIONS, key: 'user' })
  const text = { type: 'string' }
  const number = { type: 'number' }
  base.schema = {
    type: 'object',
    properties: { at: number, user: text, method: text, path: text, status: number, bytes: number },
    required: ['at', 'user'],
  }
  await redis.flushall()
  const empty = { metrics: [], rules: [], channels: [], checks: [], scrapers: [] }
  const board = { title: '', headline: null, promises: [], numbers: [] }
  await appendConfig(
    redis,
    'test',
    { version: 1, namespace: 'test', streams: [base], ...empty, board, hash: 'r' },
    'test',
  )
  await ingest([real, '--stream', 'trades'])
  await ingest([real, '--stream', 'trades'])
  expect(await account()).toEqual({ counted: total, duplicate: total, dead: [] })
})
