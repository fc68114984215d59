/**
 * Real input: 9,999 real requests through `weir ingest`, the engine and the API, each a process of its own.
 * Counted exactly, whatever is killed, paused, repeated or spoilt; over HTTP the hours equal brute force.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, type TestContext } from 'vitest'
import { ROOT, startRole, type TestRole } from './harness/role.ts'
import { startRedis, type TestRedis } from './harness/redis.ts'

const FILE = fileURLToPath(new URL('../../shared/data/requests.ndjson', import.meta.url))
const here = existsSync(FILE)
if (!here) process.stdout.write('shared/data is not here: real requests not run\n')

interface Request {
  at: number
  path: string
  status: number
  bytes: number
}
interface Counts {
  counted: number
  duplicate: number
  late: number
  dead: number
  missing: number
  lagEntries: number
}

/** Redis, engine and API of one test. */
interface System {
  redis: TestRedis
  engine: TestRole
  api: TestRole
  env: Record<string, string>
  folder: string
}

async function start({ onTestFinished }: TestContext): Promise<System> {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const folder = mkdtempSync(join(tmpdir(), 'weir-requests-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const env = { REDIS_URL: redis.url, WEIR_CONFIG: `${ROOT}test/config/requests.config.ts`, PORT: '0' }
  const engine = await startRole('engine', env)
  const api = await startRole('api', env)
  const system = { redis, engine, api, env, folder }
  // Last in, first out: they end before their Redis.
  onTestFinished(async () => void (await Promise.all([system.api.stop(), system.engine.stop()])))
  return system
}

/** All of the file, sent twice. */
const TWICE = { counted: 9999, duplicate: 9999, late: 0, dead: 0, missing: 0 }

// Each has processes of its own, and mostly waits.
describe.skipIf(!here).concurrent('9,999 real requests', { timeout: 240_000 }, () => {
  it('are counted once, again, after a kill and a pause; hours over HTTP equal brute force', async (context) => {
    const system = await start(context)
    expect(await ingest(system, FILE)).toMatch(/sent 9,999 events to requests/)
    expect(await settled(system, 9999)).toEqual({ counted: 9999, duplicate: 0, late: 0, dead: 0, missing: 0 })
    await hoursEqualBruteForce(system)
    await ingest(system, FILE)
    expect(await settled(system, 19998)).toEqual(TWICE)
    await system.engine.stop('SIGKILL')
    system.engine = await startRole('engine', system.env)
    expect(await settled(system, 19998)).toEqual(TWICE)
    await sleep(6000)
    await context.expect
      .poll(() => system.engine.output(), { timeout: 120_000 })
      .toMatch(/"selfCheck":"passed"/)
    await hoursEqualBruteForce(system)
  })

  it('survive a kill -9 of ingest midway', async (context) => {
    const system = await start(context)
    const text = readFileSync(FILE, 'utf8')
    const killed = startIngest(system, '-', ['--run', 'killed'])
    killed.stdin!.on('error', () => undefined)
    killed.stdin!.write(text.slice(0, Math.floor(text.length * 0.6)))
    await settled(system, 5000)
    killed.kill('SIGKILL')
    await once(killed, 'exit')
    const before = await settled(system, 5000)
    expect(before.counted).toBeGreaterThan(4999)
    expect(before.counted).toBeLessThan(9999)
    const again = startIngest(system, FILE, ['--run', 'killed'])
    await once(again, 'exit')
    expect(await settled(system, 9999 + before.counted)).toEqual({
      counted: 9999,
      duplicate: before.counted,
      late: 0,
      dead: 0,
      missing: 0,
    })
    await hoursEqualBruteForce(system)
  })

  it('a pause of three seconds midway changes nothing', async (context) => {
    const system = await start(context)
    const text = readFileSync(FILE, 'utf8')
    const half = text.lastIndexOf('\n', text.length / 2) + 1
    const child = startIngest(system, '-', ['--run', 'paused'])
    child.stdin!.write(text.slice(0, half))
    await sleep(3000)
    child.stdin!.end(text.slice(half))
    await once(child, 'exit')
    expect(await settled(system, 9999)).toEqual({ counted: 9999, duplicate: 0, late: 0, dead: 0, missing: 0 })
    await hoursEqualBruteForce(system)
  })

  it('a copy with 7 spoilt lines: dead 7, each with its line number', async (context) => {
    const system = await start(context)
    const lines = readFileSync(FILE, 'utf8').trimEnd().split('\n')
    const spoilt: Record<number, string> = {
      3: 'not json',
      500: '{"at":"yesterday"}',
      1000: lines[999]!.replace(/"status":\d+/, '"status":"ok"'),
      4242: '[]',
      5000: lines[4999]!.slice(0, -5),
      7777: lines[7776]!.replace(/"at":\d+/, '"at":1431857103'),
      9999: '{}',
    }
    for (const [line, text] of Object.entries(spoilt)) lines[Number(line) - 1] = text
    const copy = join(system.folder, 'copy.ndjson')
    writeFileSync(copy, `${lines.join('\n')}\n`)
    await ingest(system, copy)
    expect(await settled(system, 9999)).toEqual({ counted: 9992, duplicate: 0, late: 0, dead: 7, missing: 0 })
    const origins = await deadOrigins(system)
    expect(origins.toSorted()).toEqual(
      Object.keys(spoilt)
        .map((line) => `line ${line}`)
        .toSorted(),
    )
  })
})

function startIngest({ env }: System, file: string, more: string[] = []): ChildProcess {
  const argv = ['weir', 'ingest', file, '--stream', 'requests', ...more]
  return spawn(process.execPath, argv, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

async function ingest(system: System, file: string): Promise<string> {
  const child = startIngest(system, file)
  let output = ''
  child.stdout!.on('data', (chunk) => (output += chunk))
  child.stderr!.on('data', (chunk) => (output += chunk))
  const [code] = (await once(child, 'exit')) as [number]
  expect(code, output).toBe(0)
  return output
}

async function get<T>({ api }: System, path: string): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${api.ready.port}${path}`)
  expect(response.status, `${path}: ${await response.clone().text()}`).toBe(200)
  return (await response.json()) as T
}

async function accounting(system: System): Promise<Counts> {
  const { streams } = await get<{ streams: (Counts & { stream: string })[] }>(system, '/v1/accounting')
  return (
    streams.find((s) => s.stream === 'requests') ?? {
      counted: 0,
      duplicate: 0,
      late: 0,
      dead: 0,
      missing: 0,
      lagEntries: 0,
    }
  )
}

/** The counts once `rows` rows are accounted for and nothing waits. */
async function settled(system: System, rows: number): Promise<Omit<Counts, 'lagEntries'>> {
  for (let i = 0; ; i++) {
    const { counted, duplicate, late, dead, missing, lagEntries } = await accounting(system)
    const done = lagEntries === 0 && counted + duplicate + late + dead >= rows
    if (done || i > 300) return { counted, duplicate, late, dead, missing }
    await sleep(200)
  }
}

async function hoursEqualBruteForce(system: System): Promise<void> {
  const requests = readFileSync(FILE, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Request)
  const hours = new Map<number, Request[]>()
  for (const request of requests) {
    const hour = Math.floor(request.at / 3_600_000) * 3_600_000
    hours.set(hour, [...(hours.get(hour) ?? []), request])
  }
  const byHour = (of: (list: Request[]) => number): [number, number][] =>
    [...hours].map(([hour, list]) => [hour, of(list)] as [number, number]).sort(([a], [b]) => a - b)
  const sum = (list: Request[]): number => list.reduce((total, request) => total + request.bytes, 0)
  const expected = {
    hits: byHour((list) => list.length),
    errors: byHour((list) => list.filter((request) => request.status >= 400).length / list.length),
    bytes: byHour(sum),
  }
  const range = `from=${requests[0]!.at - 86_400_000}&to=${requests[0]!.at + 6 * 86_400_000}&step=1h`
  const ask = async (metric: string, stat: string): Promise<[number, number][]> =>
    (await get<{ points: [number, number][] }>(system, `/v1/series/${metric}?stat=${stat}&${range}`)).points
  // The last hours are shown when the log has been quiet for two seconds.
  for (let i = 0; i < 160 && (await ask('hits', 'count')).reduce((n, [, v]) => n + v, 0) < 9999; i++)
    await sleep(250)
  expect(await ask('hits', 'count')).toEqual(expected.hits)
  expect(await ask('errors', 'ratio')).toEqual(expected.errors)
  expect(await ask('bytes', 'sum')).toEqual(expected.bytes)
}

async function deadOrigins({ redis }: System): Promise<string[]> {
  const { connect } = await import('../engine/index.ts')
  const client = connect(redis.url, 'query')
  const origins: string[] = []
  for (let partition = 0; partition < 4; partition++) {
    for (const [, fields] of await client.xrange(`weir:{requests.${partition}}:dead`, '-', '+')) {
      origins.push((JSON.parse(fields[1]!) as { origin: string }).origin)
    }
  }
  client.disconnect()
  return origins
}
