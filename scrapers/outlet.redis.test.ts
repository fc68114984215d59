/** What scrapers send reaches Redis, or outlives them: each stream by itself, and on disk where they have a spool. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type CompiledStream, connect } from '../engine/index.ts'
import { tradesStream } from '../engine/event/trades.fixture.ts'
import { startRedis } from '../test/harness/redis.ts'
import { openOutlet } from './outlet.ts'

test('sent with Redis away, by one process, under two schemas: there once the next process runs', async () => {
  const server = await startRedis({ fsync: 'always' })
  const spool = await mkdtemp(join(tmpdir(), 'weir-outlet-'))
  const stream = tradesStream({ partitions: 1 })
  const event = (volume: number) => ({ at: 1_700_000_000_000, pair: 'a', volume })
  const started = (streams: CompiledStream[]) => {
    const outlet = openOutlet(server.url, 'test', 'scrapers', spool)
    outlet.use(streams)
    return outlet
  }
  await server.kill()
  const first = started([stream])
  await first.send('trades', event(1), 'x')
  first.use([{ ...stream, schemaVersion: 's2' }])
  await first.send('trades', event(2), 'x')
  const other = started([stream])
  expect(await other.send('trades', event(3), 'x')).toMatchObject({
    ok: false,
    reason: expect.stringContaining('the spool is used by process') as string,
  })
  await other.close()
  await first.close()
  expect((await readdir(join(spool, 'trades'))).filter((name) => name.endsWith('.spool'))).not.toEqual([])

  await server.restart()
  const second = started([stream])
  await expect.poll(() => second.spooled()).toEqual({ waiting: 0, refused: 0 })
  await second.close()
  expect(await readdir(join(spool, 'trades'))).toEqual([])
  const redis = connect(server.url, 'query')
  const entries = await redis.xrange('test:{trades.0}:log', '-', '+')
  const batches = entries.filter(([, fields]) => fields[1] === 'batch/1')
  const columns = batches.map(
    ([, fields]) => JSON.parse(fields[fields.indexOf('cols') + 1]!) as { volume: number[] },
  )
  expect(columns.flatMap(({ volume }) => volume)).toEqual([1, 2])
  redis.disconnect()
  await server.stop()
  await rm(spool, { recursive: true })
})

test('who waits for one stream does not wait for another that takes nothing', async () => {
  const server = await startRedis()
  const redis = connect(server.url, 'query')
  const [good, bad] = ['good', 'bad'].map((name) => ({ ...tradesStream({ partitions: 1 }), name }))
  await redis.set('test:{bad.0}:log', 'no stream')
  const outlet = openOutlet(server.url, 'test', 'scrapers')
  outlet.use([good!, bad!])
  for (const name of ['good', 'bad'])
    await outlet.send(name, { at: 1_700_000_000_000, pair: 'a', volume: 1 }, 'x')
  await outlet.flush(['good', 'never sent to'], 5000)
  expect(await redis.xlen('test:{good.0}:log')).toBe(1)
  await expect(outlet.flush(['bad'], 200)).rejects.toThrow('are not in Redis')
  await redis.del('test:{bad.0}:log')
  await outlet.close()
  redis.disconnect()
  await server.stop()
})
