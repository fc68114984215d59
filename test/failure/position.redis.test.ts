/** The place in the log: groups and keys that others delete, evict, trim or create anew. Never a guess, never silence. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { groupOf } from '../../engine/commit/commit.fixture.ts'
import { appendConfig, loadConfig } from '../../engine/index.ts'
import { partitionKeys } from '../../engine/stream/keys.ts'
import { becomes, CONFIG, LOGS, logOf, metaOf, type Trial, trial } from './trial.ts'

/** The group of every log comes to stand at its end, where the position is, with nothing pending. */
async function groupsAtEnd(trial: Trial): Promise<void> {
  for (const partition of [0, 1, 2, 3]) {
    const keys = partitionKeys('weir', 'load', partition)
    // Looked at again: the owner may just have written a tick that it has not committed yet.
    const stands = async (): Promise<string> => {
      const off = await trial.redis.hget(keys.meta, 'off')
      const group = await groupOf(trial.redis, keys)
      return `lag ${group['lag']} pending ${group['pending']} ${group['last-delivered-id'] === off ? 'at' : 'off'} the position`
    }
    await becomes(stands, 'lag 0 pending 0 at the position')
  }
}

/** Far above what some twenty quiet partitions cost, and far below what a loop without a pause sends. */
const NOTHING_SPINS = 600

/** Commands that Redis is sent in a second by everybody. */
async function commandsPerSecond(trial: Trial): Promise<number> {
  const done = async (): Promise<number> =>
    Number(/total_commands_processed:(\d+)/.exec(await trial.redis.info('stats'))![1])
  const before = await done()
  await sleep(1000)
  return (await done()) - before
}

test.concurrent(
  'case 7: a worker dies and its consumers are deleted: nothing was pending, nothing is lost (watermill-redisstream#24)',
  trial(async (trial) => {
    const dead = await trial.worker()
    await trial.owned()
    const producer = await trial.producer(trial.server.url)
    await trial.send(producer, 200)
    trial.proxy.strand()
    trial.proxy.close()
    await trial.send(producer, 200)
    for (const log of LOGS) await trial.redis.xgroup('DELCONSUMER', log, 'weir', dead.id)
    const next = await trial.worker({ redisUrl: trial.server.url })
    await trial.owned([next])
    await trial.isExact()
    await groupsAtEnd(trial)
  }),
)

test.concurrent(
  'case 9: a group that was destroyed comes back where the position is, not at 0 and not at $ (flightctl#2227, jac#7489)',
  trial(async (trial) => {
    const first = await trial.worker()
    await trial.owned()
    const producer = await trial.producer()
    await trial.send(producer, 200)
    await trial.counts()
    // Under a working owner, and again while nobody works.
    for (const log of LOGS) await trial.redis.xgroup('DESTROY', log, 'weir')
    await trial.send(producer, 200)
    await trial.counts()
    await trial.stop(first)
    for (const log of LOGS) await trial.redis.xgroup('DESTROY', log, 'weir')
    await trial.send(producer, 200)
    await trial.worker()
    await trial.isExact()
    await groupsAtEnd(trial)
    expect((await trial.accounts()).duplicate).toBe(0)
  }),
)

test.concurrent(
  'case 8: a log is deleted: its partition stops with what to do, the others go on, and nothing spins (faststream#2611)',
  trial(async (trial) => {
    const worker = await trial.worker()
    await trial.owned()
    const producer = await trial.producer()
    await trial.send(producer, 200)
    await trial.counts()
    await trial.redis.del(logOf(1))
    await becomes(() => worker.stopped.has('load.1'), true)
    expect(worker.stopped.get('load.1')).toMatchObject({ code: 'WEIR_POSITION_LOST' })
    expect(await commandsPerSecond(trial)).toBeLessThan(NOTHING_SPINS)
    const errors = trial.said.filter(({ level }) => level >= 50)
    expect(errors.map(({ msg, partition }) => `${partition}: ${msg}`)).toEqual(['load.1: partition stopped'])
    const before = (await trial.accounts()).counted
    await trial.send(producer, 200)
    await becomes(async () => (await trial.accounts()).counted > before, true)
    expect(await trial.redis.hget(metaOf(1), 'off')).not.toBe('0-0')
  }),
)

test.concurrent(
  'case 8: everything is flushed: one alarm, no spinning, and a new start counts what the producer says is missing (jac#7452)',
  trial(async (trial) => {
    await trial.worker()
    await trial.owned()
    const producer = await trial.producer()
    await trial.send(producer, 200)
    await trial.counts()
    await trial.redis.flushall()
    await becomes(() => trial.said.some(({ level }) => level >= 50), true)
    expect(await commandsPerSecond(trial)).toBeLessThan(NOTHING_SPINS)
    expect(await trial.redis.keys('weir:{load*')).toEqual([])
    await appendConfig(trial.redis, 'weir', await loadConfig(CONFIG), 'the operator')
    await trial.owned()
    await trial.send(producer, 100)
    await trial.counts(100)
    expect(await trial.accounts()).toMatchObject({ counted: 100, missing: 200 })
  }),
)

test.concurrent(
  'case 10: Redis may evict: the worker says so at its start (redis#6576)',
  trial(
    async (trial) => {
      await trial.worker()
      const said = trial.said.filter(({ level }) => level >= 40).map(({ msg }) => msg)
      expect(said.join()).toMatch(/allkeys-lru deletes logs and positions/)
    },
    { args: ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'] },
  ),
)

test.concurrent(
  'case 10: a position is evicted while everything works: the partition stops, it does not count anew (redis#6576)',
  trial(async (trial) => {
    const worker = await trial.worker()
    await trial.owned()
    const producer = await trial.producer()
    await trial.send(producer, 200)
    await trial.counts()
    await trial.redis.del(metaOf(2))
    await becomes(() => worker.stopped.has('load.2'), true)
    expect(worker.stopped.get('load.2')).toMatchObject({ code: 'WEIR_POSITION_LOST' })
  }),
)

test.concurrent(
  'case 12: trimming overtakes a slow reader: the worker goes on and says exactly how many entries are lost (bullmq#2517)',
  trial(async (trial) => {
    const worker = await trial.worker()
    await trial.owned()
    const producer = await trial.producer()
    await trial.send(producer, 200)
    await trial.counts()
    await trial.stop(worker)
    for (let i = 0; i < 10; i++)
      await trial.redis.xadd(logOf(0), '*', 'at', String(Date.now()), 'k', 'k1', 'v', '1')
    await trial.redis.xtrim(logOf(0), 'MAXLEN', 4)
    const again = await trial.worker()
    await trial.owned()
    const told = (): unknown => trial.said.find(({ msg }) => msg.includes('before they were read'))
    await becomes(() => told() !== undefined, true)
    expect(told()).toMatchObject({ partition: 'load.0', entries: 6 })
    // It is known from then on, and told once.
    await trial.send(producer, 200)
    await trial.counts(404)
    expect(await trial.redis.hget(metaOf(0), 'holes')).toBe('6')
    await trial.stop(again)
    await trial.worker()
    await trial.owned()
    await trial.send(producer, 200)
    await trial.counts(604)
    expect(trial.said.filter(({ msg }) => msg.includes('before they were read'))).toHaveLength(1)
  }),
)

test.concurrent(
  'case 13: events sent before any worker ever ran are counted: no position is resolved late (bullmq#2874)',
  trial(async (trial) => {
    const producer = await trial.producer()
    await trial.send(producer, 200)
    await trial.worker()
    await trial.isExact()
  }),
)
