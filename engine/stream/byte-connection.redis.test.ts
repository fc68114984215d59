/** The reader's own socket under what befalls connections: it says so, never asks twice, and goes on. */
import { type AddressInfo, connect as dial, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startRedis, type TestRedis } from '../../test/harness/redis.ts'
import { ByteConnection } from './byte-connection.ts'
import { connect, reach } from './connection.ts'
import { logsIn } from './log-entries.ts'

/** A busy machine may hold this process up for longer than a line that works is quiet. */
const SILENCE_MS = 1500

let server: TestRedis
let redis: Redis
let bytes: ByteConnection
let admin: Redis

beforeEach(async () => {
  server = await startRedis()
  redis = connect(server.url, 'block')
  admin = connect(server.url, 'query')
  await reach(redis, server.url)
  bytes = new ByteConnection(redis, SILENCE_MS)
})
afterEach(async () => {
  redis.disconnect()
  admin.disconnect()
  await server.stop()
})

async function read(block = 20): Promise<string[]> {
  const reply = await bytes.ask(['XREAD', 'BLOCK', String(block), 'STREAMS', 'log', '0'], block)
  const entries = logsIn(reply)?.[0]?.[1]
  return Array.from({ length: entries?.length ?? 0 }, (_, i) => entries!.fields(i).strings().join())
}

test('reads what is there, waits for what is not, and a refusal is told', async () => {
  expect(await read()).toEqual([])
  const waiting = read(2000)
  await admin.xadd('log', '1-0', 'k', 'é')
  expect(await waiting).toEqual(['k,é'])
  await expect(bytes.ask(['XREAD', 'STREAMS', 'log'], 0)).rejects.toThrow(/^ERR wrong number/)
  expect(await read()).toEqual(['k,é'])
})

test('a reply of megabytes comes whole', async () => {
  const large = 'x'.repeat(100_000)
  for (let i = 0; i < 60; i++) await admin.xadd('log', '*', 'k', `${large}${i}`)
  expect(await read()).toEqual(Array.from({ length: 60 }, (_, i) => `k,${large}${i}`))
})

test('a connection that is cut: the question fails, the next one goes over a new connection', async () => {
  const waiting = read(5000)
  // It may fail before anybody looks.
  const failed = waiting.then(
    () => 'answered',
    (error: Error) => error.message,
  )
  await expect.poll(() => admin.client('LIST')).toContain('cmd=xread')
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
  expect(await failed).toMatch(/closed/)
  await admin.xadd('log', '1-0', 'k', 'a')
  await expect.poll(() => read().catch(() => 'away')).toEqual(['k,a'])
})

test('a server that has fallen silent is given up, and found again', async () => {
  await admin.xadd('log', '1-0', 'k', 'a')
  expect(await read()).toEqual(['k,a'])
  server.pause()
  await expect(read()).rejects.toThrow(/not answered for 1500 ms/)
  server.resume()
  await expect.poll(() => read().catch(() => 'away')).toEqual(['k,a'])
})

test('a long reply over a slow line is no silence', async () => {
  for (let i = 0; i < 10; i++) await admin.xadd('log', '*', 'k', 'x'.repeat(100_000))
  const line = createServer((down) => {
    const up = dial(server.port, '127.0.0.1')
    down.pipe(up)
    down.on('error', () => up.destroy())
    up.on('error', () => down.destroy())
    void (async () => {
      for await (const piece of up as AsyncIterable<Buffer>)
        for (let i = 0; i < piece.length; i += 20_000) {
          down.write(piece.subarray(i, i + 20_000))
          await sleep(40)
        }
    })().catch(() => undefined)
  })
  await new Promise<void>((listening) => line.listen(0, '127.0.0.1', listening))
  const url = `redis://127.0.0.1:${(line.address() as AddressInfo).port}`
  const slow = connect(url, 'block')
  await reach(slow, url)
  const begun = performance.now()
  const reply = await new ByteConnection(slow, SILENCE_MS).ask(['XREAD', 'STREAMS', 'log', '0'], 0)
  expect(logsIn(reply)![0]![1].length).toBe(10)
  expect(performance.now() - begun).toBeGreaterThan(SILENCE_MS)
  slow.disconnect()
  line.close()
})
