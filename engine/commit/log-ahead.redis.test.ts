import { afterAll, beforeAll, expect, test } from 'vitest'
import { testConfig } from '../fold.fixture.ts'
import { noData, threshold } from '../rule/rule.fixture.ts'
import { appendConfig } from '../control/control-log.ts'
import { readState } from '../state/read-state.ts'
import { stateWords } from '../state/state-words.ts'
import { admitter } from './claim.ts'
import { type Bench, startBench } from './commit.fixture.ts'
import type { Partition } from './partition.ts'
import { pastEvents, sendBatch, Shell } from './partition.fixture.ts'

let bench: Bench
beforeAll(async () => {
  bench = await startBench()
})
afterAll(() => bench.stop())

const TARGET = { stream: 's', partition: 0 }
const config = testConfig('live', [threshold({ stat: 'count', above: 2 }), noData({ for: 30_000 })])
const DAY = 86_400_000

const standings = (partition: Partition): unknown[] => {
  const { plan } = partition.fold as unknown as {
    plan: { rules: { standings: Map<number, { verdict: string }> }[] }
  }
  return plan.rules.flatMap((rule) => [...rule.standings.values()].map(({ verdict }) => verdict))
}

test('an id a day ahead: counting goes on, nothing fires, people are told, and the log can be taken back', async () => {
  const { redis } = bench
  const shell = await Shell.on(redis, config)
  let one = await shell.claim(TARGET)
  const { log, meta } = one.keys
  await redis.xadd(
    log,
    `${Date.now() + DAY}-0`,
    'at',
    String(Date.now()),
    'k',
    'k0',
    'v',
    '1',
    'good',
    'true',
  )
  await sendBatch(redis, log, 'p~1~a', 0, pastEvents(20, 100))
  await shell.settle(one)
  expect((one.fold as unknown as { clock: { ahead: boolean } }).clock.ahead).toBe(true)
  expect(new Set(standings(one))).toEqual(new Set(['unknown']))
  expect(await shell.small(one)).toMatchObject({ counted: 21, dead: 0 })
  expect(shell.failures.at(-1)).toMatchObject({ code: 'WEIR_LOG_AHEAD', where: log })
  const said = stateWords(await readState(redis, shell.env.namespace))
  expect(said).toContain(`The log of s.0 is 24h ahead of the server's clock`)

  // docs/operations.md, "A log ahead of the clock", step by step.
  await one.release(Date.now())
  await redis.xtrim(log, 'MAXLEN', 0)
  const now = `${Date.now()}-0`
  await redis.call('XSETID', log, now)
  await redis.hset(meta, 'off', now)

  one = await shell.claim(TARGET)
  await sendBatch(redis, log, 'p~1~a', 20, pastEvents(5, 100))
  await shell.settle(one)
  expect((one.fold as unknown as { clock: { ahead: boolean } }).clock.ahead).toBe(false)
  expect(await shell.small(one)).toMatchObject({ counted: 26, late: 0, dead: 0, missing: 0 })
  expect(stateWords(await readState(redis, shell.env.namespace))).not.toContain('ahead')
})

test('a change of config is marked in a partition that is never quiet', async () => {
  const { redis } = bench
  const shell = await Shell.on(redis, config)
  const one = await shell.claim(TARGET)
  const { id } = await appendConfig(redis, shell.env.namespace, { ...config, hash: 'next' }, 'test')
  for (let i = 0; i < 200 && one.fold.small().control !== id; i++) {
    await sendBatch(redis, one.keys.log, 'p~1~a', i, pastEvents(1, 1))
    await shell.controls.refresh()
    await one.feed(await shell.read(one), admitter(shell.controls))
    one.pulse(Date.now(), shell.controls.newest)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  expect(one.fold.small().control).toBe(id)
})
