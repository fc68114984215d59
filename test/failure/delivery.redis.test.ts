/** Replies that are lost, owners that sleep, entries that cannot be read: every event has one effect. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startRole } from '../harness/role.ts'
import { becomes, CONFIG, logOf, metaOf, trial } from './trial.ts'

/** A key that, of all that an owner sends, only commits name. */
const IN_COMMITS = ':live'

test.concurrent(
  'case 15: the reply of an XADD is lost, again and again: one effect (ioredis#2193, redis-py#2663)',
  trial(async (trial) => {
    await trial.worker({ redisUrl: trial.server.url })
    await trial.owned()
    const producer = await trial.producer()
    await trial.send(producer, 100)
    for (let i = 0; i < 4; i++) {
      trial.proxy.loseReply('xadd')
      await trial.send(producer, 100)
    }
    expect(trial.proxy.lost).toBe(4)
    await trial.isExact()
    expect((await trial.accounts()).duplicate).toBeGreaterThan(0)
  }),
)

test.concurrent(
  'case 15: the reply of a commit is lost: it is sent again to the byte, has one effect, and nothing is loaded anew',
  trial(async (trial) => {
    await trial.worker()
    await trial.owned()
    const producer = await trial.producer(trial.server.url)
    await trial.send(producer, 100)
    await trial.counts()
    for (let i = 1; i <= 4; i++) {
      trial.proxy.loseReply(IN_COMMITS)
      await trial.send(producer, 100)
      await becomes(() => trial.proxy.lost, i)
      await trial.counts()
    }
    await trial.isExact()
    const said = trial.said.map(({ msg, err }) => `${msg} ${err?.message ?? ''}`)
    expect(said.filter((line) => line.includes('loading anew'))).toEqual([])
    expect(trial.said.filter(({ msg, partition }) => msg === 'owned' && partition === 'load.0')).toHaveLength(
      1,
    )
  }),
)

test.concurrent(
  'case 15: a blocking read has a connection of its own: commands never wait behind it (node-redis#2021)',
  trial(async (trial) => {
    await trial.worker()
    await trial.owned()
    await trial.worker()
    const clients = (await trial.redis.client('LIST')) as string
    const of = (name: string): number =>
      clients.split('\n').filter((line) => line.includes(`name=${name} `)).length
    expect({ readers: of('weir-engine-reader'), commits: of('weir-engine') }).toEqual({
      readers: 2,
      commits: 2,
    })
  }),
)

test.concurrent(
  'case 14: an owner sleeps past its lease with work in hand: it is fenced when it wakes (components-contrib#4599)',
  trial(async (trial) => {
    const engine = await startRole('engine', { REDIS_URL: trial.server.url, WEIR_CONFIG: CONFIG })
    try {
      const producer = await trial.producer()
      await trial.send(producer, 200)
      await trial.counts()
      const load = sleep(150).then(() => process.kill(engine.pid, 'SIGSTOP'))
      for (let i = 0; i < 5; i++) await trial.send(producer, 200)
      await load
      const other = await trial.worker()
      await trial.owned([other])
      await trial.counts()
      process.kill(engine.pid, 'SIGCONT')
      await trial.send(producer, 200)
      await trial.isExact()
      expect(engine.output()).not.toContain('partition stopped')
    } finally {
      await engine.stop('SIGKILL')
    }
  }),
)

test.concurrent(
  'case 11: malformed entries stick nowhere: dead in the same commit, and the reader is past them (redpanda connect#1338)',
  trial(async (trial) => {
    await trial.worker()
    await trial.owned()
    const producer = await trial.producer()
    await trial.send(producer, 100)
    const bad = [
      ['weir', 'reject/1', 'from', 'x', 'seq', '0', 'n', '2', 'rows', '[{"at":1'],
      ['weir', 'batch/9', 'from', 'x'],
      ['nonsense', ''],
      ['weir', 'control/1', 'id', '999-0'],
    ]
    for (const fields of bad) await trial.redis.xadd(logOf(0), '*', ...fields)
    await trial.send(producer, 100)
    await trial.isExact()
    const small = JSON.parse((await trial.redis.hget(metaOf(0), 'small'))!) as { dead: number }
    expect(small.dead).toBe(bad.length)
    expect(await trial.redis.xlen('weir:{load.0}:dead')).toBe(bad.length)
  }),
)
