/**
 * A replica that lacks acknowledged writes becomes the master: what is counted is its log, nothing of what it never
 * had, and when the producers have sent that again everything is counted once (case 6, dapr#7291).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openReader, type Reader } from '../../engine/index.ts'
import { seeded } from '../chaos/random.ts'
import { startReplica, type TestReplica } from '../harness/replica.ts'
import { becomes, type Trial, trial } from './trial.ts'

/** Loses the master and goes on with the replica as it is. Odd seeds: the old one is frozen, not dead. */
async function failOver(trial: Trial, replica: TestReplica, seed: number): Promise<void> {
  const old = trial.server
  if (seed % 2 === 1) old.pause()
  else await old.kill()
  await replica.promote()
  trial.moveTo(replica.server)
  if (seed % 2 === 1) await old.kill()
}

/** From now on the replica has what the master had now, and nothing more. */
async function fallsBehind(trial: Trial, replica: TestReplica): Promise<void> {
  expect(await trial.redis.wait(1, 10_000)).toBe(1)
  replica.link.close()
}

/** Resolves when all of the log is committed. */
async function atRest(trial: Trial): Promise<void> {
  await becomes(async () => (await trial.accounts()).behind, 0)
}

test.concurrent.each([1, 2, 3, 4])(
  'seed %i: the state is the log of the new master, and then everything sent, once',
  async (seed) =>
    trial(async (trial) => {
      const random = seeded(seed)
      const replica = await startReplica(trial.server)
      const workers = [await trial.worker(), await trial.worker()]
      await trial.owned()
      const producer = await trial.producer()
      await trial.send(producer, 200)
      await trial.counts()
      await sleep(random.between(0, 300))

      await fallsBehind(trial, replica)
      for (let i = 0; i < 4; i++) {
        await trial.send(producer, 20 + random.below(200))
        await sleep(random.between(0, 150))
      }
      // Mostly committed, mostly not: wherever the workers are.
      if (random.next() < 0.5) await trial.counts()
      const before = await trial.accounts()
      await failOver(trial, replica, seed)

      // Nobody sends: nothing may be counted that is not there.
      await trial.owned(workers)
      await atRest(trial)
      const inLogs = await trial.inLogs()
      const { counted, missing } = await trial.accounts()
      expect({ counted, missing }).toEqual({ counted: inLogs.events, missing: 0 })
      expect(counted).toBeLessThan(trial.sent.events)
      expect(before.counted).toBeGreaterThanOrEqual(counted)

      await trial.send(producer, 100)
      await trial.isExact()
      await replica.stop()
    })(),
  120_000,
)

test.concurrent(
  'what a failover lost is a missing range until it is sent again, also after newer events; then it is counted once',
  trial(async (trial) => {
    const replica = await startReplica(trial.server)
    await trial.worker()
    await trial.owned()
    await trial.sendRaw(0, 10)
    await trial.counts()
    await fallsBehind(trial, replica)
    await trial.sendRaw(10, 20)
    await trial.counts()
    await failOver(trial, replica, 0)
    // It does not know of the failover and goes on.
    await trial.sendRaw(20, 30)
    await trial.counts(20)
    expect(await trial.accounts()).toMatchObject({ missing: 10, duplicate: 0 })
    await trial.sendRaw(5, 25)
    await trial.counts(30)
    expect(await trial.accounts()).toMatchObject({ missing: 0, duplicate: 10 })
    expect(trial.sent.events).toBe(30)
    await trial.isExact()
    await replica.stop()
  }),
)

test.concurrent(
  'an alert that the new master never had is gone from the board, and fires again with the event that is sent again',
  trial(async (trial) => {
    const replica = await startReplica(trial.server)
    await trial.worker()
    await trial.owned()
    await trial.sendRaw(0, 10)
    await trial.counts()
    await fallsBehind(trial, replica)
    await trial.sendRaw(10, 11, 2e9)
    await trial.pass()
    await firing(trial, 1)
    await failOver(trial, replica, 0)
    await trial.owned()
    await atRest(trial)
    await firing(trial, 0)
    await trial.sendRaw(10, 11, 2e9)
    await trial.pass()
    await firing(trial, 1)
    await trial.counts(11)
    await replica.stop()
  }),
  120_000,
)

/** Resolves when the board shows so many alerts that fire. */
async function firing(trial: Trial, wanted: number): Promise<void> {
  const reader: Reader = await openReader(trial.server.url, 'weir')
  try {
    await becomes(() => reader.alerts({ state: 'firing' }).length, wanted)
  } finally {
    await reader.close()
  }
}
