/** The cluster client among real nodes: a frozen master, a slot on the move, several slots at once. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ClusterNode, startCluster, type TestCluster } from '../../test/harness/cluster.ts'
import { commitOf, own } from '../commit/commit.fixture.ts'
import { commit } from '../commit/redis-scripts.ts'
import { connect, SILENCE_MS } from './connection.ts'
import { partitionKeys } from './keys.ts'
import { createLogReader } from './log-reader.ts'
import { sendEach } from './send-each.ts'

let cluster: TestCluster
let client: Redis
/** A log on each master, in the order of the masters. */
let logs: string[]
beforeAll(async () => {
  cluster = await startCluster(3, 1000)
  client = connect(cluster.url, 'commit')
  const found = new Map<ClusterNode, string>()
  for (let i = 0; found.size < 3; i++) found.set(await cluster.ownerOf(`{${i}}:log`), `{${i}}:log`)
  logs = cluster.nodes.slice(0, 3).map((node) => found.get(node)!)
}, 120_000)
afterAll(async () => {
  client.disconnect()
  await cluster.stop()
})

test('commands for several slots are answered each, a wrong one alone with an error', async () => {
  const answers = await sendEach(client, [
    ['SET', '{a}', '1'],
    ['LPUSH', '{a}', 'x'],
    ['GET', '{a}'],
    ['INCRBY', '{b}', 2],
    ['TIME'],
  ])
  expect(answers.map(([error, reply]) => error?.message.split(' ')[0] ?? reply)).toMatchObject([
    'OK',
    'WRONGTYPE',
    '1',
    2,
    [expect.any(String), expect.any(String)],
  ])
})

test('a commit goes on before the first and after the last key of a moving slot has moved, and waits in between', async () => {
  const keys = partitionKeys('weir', 'moving', 0)
  const { token } = await own(client, keys)
  const from = await cluster.ownerOf(keys.log)
  const to = cluster.nodes.slice(0, 3).find((node) => node !== from)!
  const slot = await from.admin.cluster('KEYSLOT', keys.log)
  let number = 0
  const next = () =>
    commit(client, keys, commitOf(token, `${number}:0`, `${++number}:0`, [])).then(({ verdict }) => verdict)
  const move = (key: string) => from.admin.call('MIGRATE', '127.0.0.1', to.server.port, key, 0, 5000)
  expect(await next()).toBe('OK')
  await to.admin.cluster('SETSLOT', slot, 'IMPORTING', from.id)
  await from.admin.cluster('SETSLOT', slot, 'MIGRATING', to.id)
  expect(await next()).toBe('OK')
  await move(keys.meta)
  const waiting = next()
  expect(await Promise.race([waiting, sleep(300, 'waiting')])).toBe('waiting')
  await move(keys.log)
  expect(await waiting).toBe('OK')
  expect(await next()).toBe('OK')
  for (const { admin } of [to, from]) await admin.cluster('SETSLOT', slot, 'NODE', to.id)
  expect(await next()).toBe('OK')
})

test('a frozen master: its commands fail by their deadline and are never repeated, the other logs go on, its heir is found', async () => {
  const [frozen, ...others] = logs as [string, ...string[]]
  const block = connect(cluster.url, 'block')
  const reader = createLogReader(block)
  const at = new Map(logs.map((key) => [key, '0-0']))
  const heard = new Map<string, number>()
  let reading = true
  const follow = (async () => {
    while (reading) {
      const wanted = [...at].map(([key, after]) => ({ key, after }))
      for (const [key, entries] of (await reader.read(wanted, 10, 100).catch(() => null)) ?? []) {
        at.set(key, entries.id(entries.length - 1))
        heard.set(key, (heard.get(key) ?? 0) + entries.length)
      }
    }
  })()
  for (const log of logs) await client.xadd(log, '*', 'n', '0')
  await expect.poll(() => [...heard.values()]).toEqual([1, 1, 1])
  const node = await cluster.ownerOf(frozen)
  await sleep(300)
  node.server.pause()
  const began = Date.now()
  const lost = client.xadd(frozen, '*', 'n', 'lost').then(
    () => 'written',
    (error: Error) => error.message,
  )
  for (const log of others) await client.xadd(log, '*', 'n', '1')
  await expect.poll(() => others.map((log) => heard.get(log)), { timeout: SILENCE_MS / 2 }).toEqual([2, 2])
  expect(await lost).not.toBe('written')
  expect(Date.now() - began).toBeLessThan(2 * SILENCE_MS)
  await expect
    .poll(() =>
      client.xadd(frozen, '*', 'n', '1').then(
        () => true,
        () => false,
      ),
    )
    .toBe(true)
  await expect.poll(() => heard.get(frozen)).toBe(2)
  node.server.resume()
  await sleep(500)
  expect((await client.xrange(frozen, '-', '+')).map(([, [, n]]) => n)).toEqual(['0', '1'])
  reading = false
  await follow
  block.disconnect()
}, 120_000)

test('all nodes at once are away, and come back: the same clients go on', async () => {
  const block = connect(cluster.url, 'block')
  const reader = createLogReader(block)
  const log = logs[1]!
  const wanted = [{ key: log, after: (await client.xadd(log, '*', 'n', '0'))! }]
  await reader.read(wanted, 10, 20)
  await Promise.all(cluster.nodes.map(({ server }) => server.kill()))
  const [got, found] = await Promise.allSettled([client.get(log), reader.read(wanted, 10, 200)])
  expect(got.status).toBe('rejected')
  // Who has not yet heard that they are away waits and finds nothing.
  if (found.status === 'fulfilled') expect(found.value ?? []).toHaveLength(0)
  await sleep(1000)
  await Promise.all(cluster.nodes.map(({ server }) => server.restart()))
  const added = (): Promise<boolean> =>
    client.xadd(log, '*', 'n', '1').then(
      () => true,
      () => false,
    )
  await expect.poll(added).toBe(true)
  const read = () =>
    reader.read(wanted, 10, 200).then(
      (found) => found?.length ?? 0,
      () => 0,
    )
  await expect.poll(read).toBe(1)
  block.disconnect()
}, 120_000)
