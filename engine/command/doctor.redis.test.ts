/** `weir doctor` against real servers in various states of health. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startRedis, type TestRedis } from '../../test/harness/redis.ts'
import type { Finding } from '../doctor/finding.ts'
import { connect } from '../stream/connection.ts'
import { run } from './doctor.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SECRET = 'https://hooks.example/T000/secret-of-mine'
const servers: TestRedis[] = []
let folder: string
let config: string

beforeAll(async () => {
  // Inside the project, where 'weir' is its own name.
  await mkdir(join(ROOT, '.weir'), { recursive: true })
  folder = await mkdtemp(join(ROOT, '.weir', 'doctor-'))
  config = join(folder, 'streams.config.ts')
  await writeFile(
    config,
    `import { defineConfig, slack, stream, t, threshold } from 'weir'
const s = stream('s', { key: 'k', schema: { k: t.String() } })
const n = s.metric('n', { by: ['k'], stats: ['count'], windows: ['1m'] })
export default defineConfig({ rules: [threshold(n, { above: 1, notify: [slack('MY_HOOK')] })] })
`,
  )
})
afterAll(async () => rm(folder, { recursive: true }))
afterEach(async () => void (await Promise.all(servers.splice(0).map((server) => server.stop()))))

async function server(...args: string[]): Promise<TestRedis> {
  const started = await startRedis({ args })
  servers.push(started)
  return started
}

async function doctor(url: string): Promise<{ code: number; text: string; of: (check: string) => string }> {
  let text = ''
  const env = { PATH: process.env['PATH'], REDIS_URL: url, MY_HOOK: SECRET }
  const out = (said: string): void => void (text += said)
  const code = await run(['--json', '--config', config], { env, out, err: out })
  const findings = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Finding)
  const of = (check: string): string => {
    const finding = findings.find((one) => one.check === check)
    return `${finding?.verdict}: ${finding?.says}`
  }
  return { code, text, of }
}

test('a healthy server; no secret is told', async () => {
  const { port } = await server('--requirepass', 'hush-hush')
  const { text, of } = await doctor(`redis://:hush-hush@127.0.0.1:${port}`)
  expect(of('redis')).toBe(`ok: answers at 127.0.0.1:${port}`)
  expect(of('persistence')).toMatch(/^ok: AOF, once a second/)
  expect(of('scripts')).toMatch(/^ok/)
  expect(of('clock')).toMatch(/^ok: as Redis has it/)
  expect(of('config')).toMatch(/^ok/)
  expect(of('channels')).toBe('ok: MY_HOOK set')
  expect(text).not.toMatch(/hush-hush|secret-of-mine/)
})

test('an ill one: exit code 1, and each ill is named', async () => {
  const { url } = await server(
    '--appendonly',
    'no',
    '--maxmemory',
    '1gb',
    '--maxmemory-policy',
    'allkeys-lru',
  )
  const { code, of } = await doctor(url)
  expect(code).toBe(1)
  expect(of('persistence')).toMatch(/^fail: the append-only file is off/)
  expect(of('eviction')).toMatch(/^fail: allkeys-lru/)
})

test('a managed service forbids CONFIG: what it hides is unknown, the rest is seen', async () => {
  const { url } = await server('--rename-command', 'CONFIG', '')
  const { of } = await doctor(url)
  expect(of('persistence')).toMatch(/^warn: could not look/)
  expect(of('eviction')).toMatch(/^ok: noeviction/)
})

test('a user who may not run scripts', async () => {
  const { url, port } = await server()
  const admin = connect(url, 'query')
  await admin.acl('SETUSER', 'poor', 'on', '>pw', '~*', '+@all', '-@scripting')
  admin.disconnect()
  expect((await doctor(`redis://poor:pw@127.0.0.1:${port}`)).of('scripts')).toMatch(/^fail: .*permission/i)
})

test('a master with a replica, and the replica itself', async () => {
  const [master, replica] = await Promise.all([server(), server()])
  const follower = connect(replica.url, 'query')
  await follower.replicaof('127.0.0.1', master.port)
  const leader = connect(master.url, 'query')
  while (!(await leader.info('replication')).includes('connected_slaves:1'))
    await new Promise((resolve) => setTimeout(resolve, 50))
  expect((await doctor(master.url)).of('replicas')).toMatch(/^warn: 1, and the master goes on alone/)
  await leader.config('SET', 'min-replicas-to-write', '1')
  expect((await doctor(master.url)).of('replicas')).toMatch(/^ok: 1, and writes wait/)
  expect((await doctor(replica.url)).of('replicas')).toMatch(/^fail: this is a replica/)
  leader.disconnect()
  follower.disconnect()
})

test('a wrong password, nobody there, and one who says nothing', async () => {
  const one = await server('--requirepass', 'right')
  expect((await doctor(`redis://:wrong@127.0.0.1:${one.port}`)).of('redis')).toMatch(
    /^fail: .*(WRONGPASS|NOAUTH)/,
  )
  await one.kill()
  const gone = await doctor(one.url)
  expect(gone).toMatchObject({ code: 1 })
  expect(gone.of('redis')).toMatch(/^fail: Redis at 127\.0\.0\.1:\d+ does not answer: .*ECONNREFUSED/)
  await one.restart()
  one.pause()
  expect((await doctor(one.url)).of('redis')).toMatch(/^fail: .*does not answer/)
  one.resume()
}, 120_000)
