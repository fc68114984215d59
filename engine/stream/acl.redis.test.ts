/** All parts work as the ACL user that docs/operations.md describes, and try nothing it may not. */
import pino from 'pino'
import { expect, test } from 'vitest'
import { makeUser, PASSWORD, refusals } from '../../test/harness/acl.ts'
import { startRedis } from '../../test/harness/redis.ts'
import { run as dead } from '../command/dead.ts'
import { run as doctor } from '../command/doctor.ts'
import { run as replay } from '../command/replay.ts'
import { run as state } from '../command/state.ts'
import { t } from '../config/authoring.ts'
import { compile } from '../config/compile.ts'
import { defineConfig } from '../config/define.ts'
import { stream } from '../config/stream.ts'
import { appendConfig } from '../control/control-log.ts'
import { openProducer } from '../event/redis-producer.ts'
import { openSchedule } from '../fleet/redis-schedule.ts'
import { openTurns } from '../fleet/redis-turns.ts'
import { openReader } from '../view/redis-reader.ts'
import { Worker } from '../worker.ts'
import { connect } from './connection.ts'

const load = stream('load', { key: 'k', partitions: 2, schema: { k: t.String() } })
const count = load.metric('count', { by: ['k'], stats: ['count'], windows: ['1m'], series: ['10s', '1m'] })
const { config } = compile(defineConfig({ metrics: [count] }), { checkFile: () => null })

test('engine, producer, reader, schedule and every command', async () => {
  const server = await startRedis()
  const admin = connect(server.url, 'query')
  await makeUser(admin)
  const url = `redis://weir:${encodeURIComponent(PASSWORD)}@127.0.0.1:${server.port}`
  const redis = connect(url, 'query')
  const worker = new Worker({ redisUrl: url, namespace: 'weir', log: pino({ level: 'silent' }) })
  try {
    await appendConfig(redis, 'weir', config, 'test')
    await worker.start()
    const reader = await openReader(url, 'weir')
    const declared = config.streams.find((s) => s.name === 'load')!
    const producer = await openProducer(
      { redisUrl: url, namespace: 'weir', stream: declared },
      { name: 'test' },
    )
    for (let i = 0; i < 100; i++) await producer.send({ k: `k${i}` })
    await producer.reject('?', 'no event')
    await producer.close()
    const counted = async () => (await reader.accounting()).find((one) => one.stream === 'load')
    await expect.poll(counted).toMatchObject({ counted: 100, dead: 1 })
    await reader.series({
      metric: 'count',
      stat: 'count',
      group: {},
      from: Date.now() - 60_000,
      to: Date.now(),
      step: 10_000,
    })
    await reader.close()
    const world = {
      env: { REDIS_URL: url, WEIR_NAMESPACE: 'weir' },
      out: () => undefined,
      err: () => undefined,
    }
    expect(await state([], world)).toBe(0)
    expect(await dead(['list', '--stream', 'load'], world)).toBe(0)
    expect(await dead(['drop', '--stream', 'load', '--all'], world)).toBe(0)
    expect(await replay([], world)).toBe(0)
    await doctor([], world)
    const turns = openTurns(url, 'weir')
    await turns.register([])
    const room = { browser: 1, http: 1 }
    const about = { pid: 1, host: 'here', rssMb: 1, scrapers: 0, running: 0 }
    await turns.turn({ room, ended: [], settled: [], about })
    await turns.leave()
    turns.close()
    const schedule = openSchedule(url, 'weir')
    await schedule.run('nobody', 'test')
    await schedule.pressure()
    schedule.close()
    await worker.stop()
    expect(await refusals(admin)).toEqual([])
    await expect(redis.flushall()).rejects.toThrow('NOPERM')
    await expect(redis.get('other:key')).rejects.toThrow('NOPERM')
  } finally {
    await worker.stop().catch(() => undefined)
    for (const client of [admin, redis]) client.disconnect()
    await server.stop()
  }
})
