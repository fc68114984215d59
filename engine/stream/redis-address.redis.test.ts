/** Every kind of address against real servers: TLS with an own authority, an ACL user, Sentinels. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { freePort, startRedis, type TestRedis } from '../../test/harness/redis.ts'
import { WeirError } from '../error.ts'
import { connect, type ConnectionRole, reach } from './connection.ts'

const ROLES: ConnectionRole[] = ['commit', 'block', 'query']
let dir = ''
const file = (name: string): string => join(dir, name)

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'weir-tls-'))
  const openssl = (...words: string[]): void =>
    void execFileSync('openssl', words, { cwd: dir, stdio: 'pipe' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=test')
  openssl('req', ...key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=redis')
  writeFileSync(file('names'), 'subjectAltName=IP:127.0.0.1')
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names']
  openssl('x509', '-req', '-in', 'server.csr', ...signed, '-out', 'server.pem')
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))
afterEach(() => vi.unstubAllEnvs())

async function startTls(...more: string[]): Promise<{ server: TestRedis; port: number }> {
  const port = await freePort()
  const files = ['--tls-cert-file', file('server.pem'), '--tls-key-file', file('server.key')]
  const args = ['--tls-port', String(port), ...files, '--tls-ca-cert-file', file('ca.pem'), ...more]
  return { server: await startRedis({ args }), port }
}

async function failure(url: string, patience?: number): Promise<WeirError> {
  const client = connect(url, 'commit')
  return reach(client, url, patience)
    .then(
      () => expect.unreachable(),
      (error: WeirError) => error,
    )
    .finally(() => client.disconnect())
}

test('TLS with an own authority and an ACL user, in every role', async () => {
  const { server, port } = await startTls('--tls-auth-clients', 'no')
  try {
    const admin = connect(server.url, 'query')
    await admin.call('ACL', 'SETUSER', 'weir', 'on', '>p@ss:w/ord', '~weir:*', '+@all')
    admin.disconnect()
    vi.stubEnv('REDIS_TLS_CA', file('ca.pem'))
    const host = `127.0.0.1:${port}`
    for (const role of ROLES) {
      const client = connect(`rediss://weir:p%40ss%3Aw%2Ford@${host}`, role)
      await client.connect()
      expect(await client.set('weir:a', role)).toBe('OK')
      await expect(client.set('other', '1')).rejects.toThrow('NOPERM')
      client.disconnect()
    }
    const wrong = await failure(`rediss://weir:hunter2@${host}`)
    expect(wrong.code).toBe('WEIR_REDIS_AWAY')
    expect(wrong.explain()).toMatch(`${host}: WRONGPASS`)
    expect(wrong.explain()).not.toContain('hunter2')
    vi.stubEnv('REDIS_TLS_CA', '')
    expect((await failure(`rediss://weir:p%40ss%3Aw%2Ford@${host}`)).message).toMatch(/certificate/)
    vi.stubEnv('REDIS_TLS_CA', file('nowhere'))
    expect(() => connect(`rediss://${host}`, 'query')).toThrow('cannot be read: ENOENT')
  } finally {
    await server.stop()
  }
})

test('a cluster over TLS, and the address of one node alone', async () => {
  const bus = ['--cluster-port', String(await freePort())]
  const cluster = [
    '--cluster-enabled',
    'yes',
    '--tls-cluster',
    'yes',
    '--cluster-announce-ip',
    '127.0.0.1',
    ...bus,
  ]
  const { server, port } = await startTls('--tls-auth-clients', 'no', ...cluster)
  try {
    vi.stubEnv('REDIS_TLS_CA', file('ca.pem'))
    const admin = connect(server.url, 'query')
    await admin.cluster('ADDSLOTSRANGE', 0, 16_383)
    await expect.poll(() => admin.cluster('INFO')).toContain('cluster_state:ok')
    admin.disconnect()
    const url = `rediss+cluster://127.0.0.1:${port}`
    for (const role of ROLES) {
      const client = connect(url, role)
      await reach(client, url)
      expect(await Promise.all([client.set('a', role), client.set('b', role)])).toEqual(['OK', 'OK'])
      client.disconnect()
    }
    expect((await failure(`rediss://127.0.0.1:${port}`)).explain()).toMatch(
      /is a node of a Redis Cluster.*rediss\+cluster/,
    )
  } finally {
    await server.stop()
  }
})

test('a server that asks for a client certificate gets it', async () => {
  const { server, port } = await startTls()
  try {
    vi.stubEnv('REDIS_TLS_CA', file('ca.pem'))
    vi.stubEnv('REDIS_TLS_CERT', file('server.pem'))
    vi.stubEnv('REDIS_TLS_KEY', file('server.key'))
    const client = connect(`rediss://127.0.0.1:${port}`, 'commit')
    await client.connect()
    expect(await client.ping()).toBe('PONG')
    client.disconnect()
  } finally {
    await server.stop()
  }
})

test('behind a Sentinel a client follows the master to another server while the old one still answers', async () => {
  const args = ['--repl-diskless-sync-delay', '0']
  const [old, next] = [await startRedis({ args }), await startRedis({ args })]
  const port = await freePort()
  const config = file(`sentinel-${port}.conf`)
  writeFileSync(
    config,
    `port ${port}\nbind 127.0.0.1\ndir ${dir}\nsentinel monitor main 127.0.0.1 ${old.port} 1\nsentinel down-after-milliseconds main 60000\nsentinel failover-timeout main 5000\n`,
  )
  const sentinel = spawn('redis-server', [config, '--sentinel'], { stdio: 'ignore' })
  const url = `redis+sentinel://127.0.0.1:${port}/main`
  const direct = { old: connect(old.url, 'query'), next: connect(next.url, 'query') }
  const watch = connect(`redis://127.0.0.1:${port}`, 'query')
  try {
    await direct.next.replicaof('127.0.0.1', old.port)
    await expect.poll(() => direct.next.info('replication')).toContain('link_status:up')
    const client = connect(url, 'commit')
    await reach(client, url)
    expect(await client.set('a', 'old')).toBe('OK')
    await expect
      .poll(() => watch.call('SENTINEL', 'failover', 'main').catch((error: Error) => error.message), {
        timeout: 15_000,
        interval: 500,
      })
      .toBe('OK')
    await expect.poll(() => direct.next.info('replication')).toContain('role:master')
    // Within half a second; who only notices that the old one has become a replica needs eleven.
    await expect
      .poll(
        () =>
          client
            .set('a', 'next')
            .then(() => direct.next.get('a'))
            .catch(() => null),
        { timeout: 6000 },
      )
      .toBe('next')
    client.disconnect()
  } finally {
    for (const one of [watch, direct.old, direct.next]) one.disconnect()
    sentinel.kill('SIGKILL')
    await once(sentinel, 'exit')
    await Promise.all([old.stop(), next.stop()])
  }
}, 120_000)

test('Sentinels that are away are an error, not an endless wait', async () => {
  const port = await freePort()
  const error = await failure(`redis+sentinel://:hunter2@127.0.0.1:${port}/main`, 500)
  expect(error.code).toBe('WEIR_REDIS_AWAY')
  expect(error.explain()).toMatch(`127.0.0.1:${port}: All sentinels are unreachable`)
  expect(error.explain()).not.toContain('hunter2')
})
