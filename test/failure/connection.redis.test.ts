/** Connections that are cut, refused, silent or answered by nobody: reading and committing go on. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { SILENCE_MS } from '../../engine/stream/connection.ts'
import { trial } from './trial.ts'

/** Longest a worker blocks in one read, ms. */
const BLOCK = 100

test.concurrent(
  'case 1: a blocking read whose connection is reset settles, and reading resumes (bullmq#4479)',
  trial(async (trial) => {
    await trial.worker()
    await trial.owned()
    const producer = await trial.producer(trial.server.url)
    const took: number[] = []
    for (let i = 0; i < 5; i++) {
      // Idle: the reader sits in XREAD.
      await sleep(BLOCK)
      trial.proxy.cut()
      const from = performance.now()
      await trial.send(producer, 40)
      await trial.counts()
      took.push(performance.now() - from)
    }
    // A read that never settles ends with our own deadline, each time; a busy machine is late with some.
    expect(took.toSorted((a, b) => a - b)[2]).toBeLessThan(SILENCE_MS / 2)
    await trial.isExact()
  }),
)

test.concurrent(
  'case 2: an outage far longer than the block: nobody stays in `reconnecting` (bullmq#4585)',
  trial(
    async (trial) => {
      await trial.worker()
      await trial.owned()
      const producer = await trial.producer()
      await trial.send(producer, 100)
      await trial.counts()
      await trial.server.kill()
      await sleep(200 * BLOCK)
      await trial.server.restart()
      const from = performance.now()
      await trial.send(producer, 100)
      await trial.counts()
      expect(performance.now() - from).toBeLessThan(15_000)
      await trial.isExact()
    },
    { fsync: 'always' },
  ),
)

test.concurrent(
  'case 3: a server that takes connections and says nothing wedges no client (bullmq#4138)',
  trial(async (trial) => {
    await trial.worker()
    await trial.owned()
    const producer = await trial.producer()
    await trial.send(producer, 100)
    await trial.counts()
    // Old connections are cut, new ones are taken and never greeted.
    trial.proxy.close()
    trial.proxy.cut()
    await sleep(6000)
    trial.proxy.open()
    const from = performance.now()
    await trial.send(producer, 100)
    await trial.counts()
    expect(performance.now() - from).toBeLessThan(20_000)
    await trial.isExact()
  }),
)

test.concurrent(
  'case 4: half-open sockets: the lease moves to a worker that is heard (ioredis#1888, #1285)',
  trial(async (trial) => {
    await trial.worker()
    await trial.owned()
    const other = await trial.worker({ redisUrl: trial.server.url })
    const producer = await trial.producer(trial.server.url)
    await trial.send(producer, 100)
    trial.proxy.strand()
    trial.proxy.close()
    const from = performance.now()
    await trial.send(producer, 100)
    await trial.owned([other])
    await trial.counts()
    // Term of the lease, and the silence after which a worker is out.
    expect(performance.now() - from).toBeLessThan(20_000)
    trial.proxy.open()
    await trial.send(producer, 100)
    await trial.isExact()
  }),
)
