/** Snapshot rounds on a real Redis: finished, abandoned midway, taken over, and swept. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Bench, startBench } from './commit.fixture.ts'
import type { Partition } from './partition.ts'
import { configOf, kill, pastEvents, sendBatch, Shell } from './partition.fixture.ts'

let bench: Bench
beforeAll(async () => void (bench = await startBench()))
afterAll(async () => bench.stop())

const TARGET = { stream: 's', partition: 0 }

/** 700 panes: three commits per round. Leaves a round half uploaded and the process dead. */
async function interrupted(shell: Shell): Promise<Partition> {
  const first = await shell.claim(TARGET)
  await sendBatch(bench.redis, first.keys.log, 'p~1~a', 0, pastEvents(400, 10_000))
  await shell.settle(first)
  await first.release(Date.now())
  const second = await shell.claim(TARGET)
  await sendBatch(bench.redis, first.keys.log, 'p~1~b', 0, pastEvents(400, 10_000))
  while ((await roundFields(second, 2)).length <= 100) {
    await shell.turn(second)
    await sleep(1)
  }
  await kill(second)
  expect(await bench.redis.hget(second.keys.meta, 'round')).toBe('1')
  expect((await roundFields(second, 2)).length).toBeGreaterThan(100)
  return second
}

async function roundFields(partition: Partition, round: number): Promise<string[]> {
  const fields = await bench.redis.hkeys(partition.keys.snapshot)
  return fields.filter((field) => field.endsWith(`@${round}`))
}

/** Every field of the snapshot belongs to the round that is in force, and that round is whole. */
async function isClean(shell: Shell, partition: Partition): Promise<void> {
  const { redis } = bench
  // Garbage goes with the commits that come next.
  for (let i = 0; i < 8; i++) {
    await redis.xadd(partition.keys.log, '*', 'weir', 'tick/1')
    await shell.settle(partition)
  }
  const round = await redis.hget(partition.keys.meta, 'round')
  const manifest = JSON.parse((await redis.hget(partition.keys.snapshot, `manifest@${round}`))!) as {
    fields: Record<string, string>
  }
  const fields = await redis.hkeys(partition.keys.snapshot)
  expect(fields.toSorted()).toEqual([...Object.values(manifest.fields), `manifest@${round}`].toSorted())
}

test('a round that died midway leaves the old one in force; its garbage is swept', async () => {
  const shell = await Shell.on(bench.redis, configOf(), { snapshotEvery: 1 })
  const dead = await interrupted(shell)
  const calm = shell.other('w2', { snapshotEvery: 60_000 })
  const one = await calm.claim(TARGET, dead.token)
  expect(one.fold.small()).toMatchObject({ counted: 800 })
  await sendBatch(bench.redis, one.keys.log, 'p~1~c', 0, pastEvents(1, 1))
  await calm.settle(one)
  await isClean(calm, one)
  expect(await bench.redis.hget(one.keys.meta, 'round')).toBe('1')
})

test('the round after one that died takes its names over, and its blocks are not swept with the garbage', async () => {
  const shell = await Shell.on(bench.redis, configOf(), { snapshotEvery: 1 })
  const dead = await interrupted(shell)
  // The next owner stops at once: its last commits carry the sweep and the new round 2 together.
  const next = await shell.claim(TARGET, dead.token)
  await next.release(Date.now())
  expect(await bench.redis.hget(next.keys.meta, 'round')).toBe('2')
  const calm = shell.other('w2', { snapshotEvery: 60_000 })
  const one = await calm.claim(TARGET)
  expect(one.fold.small()).toMatchObject({ counted: 800 })
  await isClean(calm, one)
})

test('given back while a snapshot is on its way: it is finished, and a restart replays nothing', async () => {
  const shell = await Shell.on(bench.redis, configOf(), { snapshotEvery: 1 })
  const one = await shell.claim(TARGET)
  await sendBatch(bench.redis, one.keys.log, 'p~1~a', 0, pastEvents(400, 10_000))
  await shell.turn(one)
  await one.release(Date.now())
  const manifest = await bench.redis.hget(one.keys.snapshot, 'manifest@1')
  expect(JSON.parse(manifest ?? '{}')).toMatchObject({ round: 1, off: one.off })
})

test('a partition gone quiet still takes its snapshot: a restart replays nothing', async () => {
  const shell = await Shell.on(bench.redis, configOf(), { snapshotEvery: 30 })
  const one = await shell.claim(TARGET)
  await sendBatch(bench.redis, one.keys.log, 'p~1~a', 0, pastEvents(5, 1000))
  await shell.settle(one)
  await sleep(40)
  await shell.settle(one)
  await sleep(5)
  const round = await bench.redis.hget(one.keys.meta, 'round')
  const manifest = (await bench.redis.hget(one.keys.snapshot, `manifest@${round}`))!
  expect(JSON.parse(manifest)).toMatchObject({ off: one.off })
})
