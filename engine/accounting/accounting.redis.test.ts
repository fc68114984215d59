import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AlertRow } from '../alert/row.ts'
import { type Bench, startBench } from '../commit/commit.fixture.ts'
import { pastEvents, sendBatch, Shell } from '../commit/partition.fixture.ts'
import { compile } from '../config/compile.ts'
import { accounting, defineConfig, threshold } from '../config/authoring.ts'
import type { CompiledConfig } from '../config/compiled.ts'
import { decode } from '../event/decode.ts'
import { batchFields, beatFields } from '../event/entry.ts'
import { tradesStream } from '../event/trades.fixture.ts'
import { testConfig } from '../fold.fixture.ts'
import { partitionKeys } from '../stream/keys.ts'
import { type AccountsAnswer, readAccounts } from './redis-accounts.ts'

const MINUTE = 60_000

let bench: Bench
beforeAll(async () => void (bench = await startBench()))
afterAll(async () => bench.stop())

const accountsOf = (shell: Shell, stream: string): Promise<AccountsAnswer> =>
  readAccounts(bench.redis, shell.env.namespace, 1, { stream, from: 0, to: Date.now() })

test('a producer killed midway: what it had numbered and never wrote is in flight, and the accounting closes', async () => {
  const config = { ...testConfig('live'), streams: [tradesStream({ partitions: 1 })], metrics: [] }
  const shell = await Shell.on(bench.redis, config)
  const one = await shell.claim({ stream: 'trades', partition: 0 })
  const program = fileURLToPath(new URL('killed-producer.fixture.ts', import.meta.url))
  const child = spawn(process.execPath, ['--import', 'tsx', program, bench.server.url, shell.env.namespace], {
    stdio: 'inherit',
  })
  const gone = new Promise((resolve) => child.on('exit', resolve))
  const log = async (): Promise<ReturnType<typeof decode>[]> =>
    (await bench.redis.xrange(one.keys.log, '-', '+')).map(([id, fields]) => decode(id, fields))
  while (!(await log()).some(({ kind }) => kind === 'beat')) await sleep(5)
  child.kill('SIGKILL')
  await gone
  await shell.settle(one)
  const entries = await log()
  const written = entries.reduce((sum, entry) => sum + (entry.kind === 'batch' ? entry.n : 0), 0)
  const said = Math.max(
    ...entries.flatMap((e) => (e.kind === 'beat' ? e.minutes.map(([, upTo]) => upTo) : [])),
  )
  const { totals, rows } = await accountsOf(shell, 'trades')
  expect(said).toBeGreaterThan(written)
  expect(totals).toMatchObject({ produced: said, counted: written, inFlight: said - written, missing: 0 })
  expect(rows[0]!.producer).toMatch(/^killed~/)
  // The next owner finds the same.
  await one.release(Date.now())
  const two = await shell.claim({ stream: 'trades', partition: 0 })
  await bench.redis.xadd(two.keys.log, '*', ...beatFields(rows[0]!.producer, [[rows[0]!.minute, said + 5]]))
  await shell.settle(two)
  expect((await accountsOf(shell, 'trades')).totals.inFlight).toBe(said - written + 5)
})

function watchedConfig(): CompiledConfig {
  const lost = accounting.metric('lost', { by: ['stream'], of: 'missing', stats: ['sum'], windows: ['5m'] })
  const watching = defineConfig({ rules: [threshold(lost, { stat: 'sum', above: 0 })] })
  const { config } = compile(watching, { checkFile: () => null })
  const plain = testConfig('live')
  const streams = [...plain.streams, ...config.streams.filter(({ name }) => name === 'accounting')]
  return { ...config, streams, metrics: [...plain.metrics, ...config.metrics] }
}

test('a rule fires on rows that never came, once the minute is told; killed and restored, it is told once', async () => {
  const shell = await Shell.on(bench.redis, watchedConfig(), { snapshotEvery: 5 })
  const from = partitionKeys(shell.env.namespace, 's', 0).log
  const began = Date.now() - 10 * MINUTE
  const at = (ms: number, fields: string[]): Promise<string | null> =>
    bench.redis.xadd(from, `${began + ms}-0`, ...fields)
  const events = Array.from({ length: 10 }, () => ({ at: began, k: 'a', v: 1, good: true }))
  const columns = JSON.stringify(
    Object.fromEntries((['at', 'k', 'v', 'good'] as const).map((name) => [name, events.map((e) => e[name])])),
  )
  await at(0, batchFields('web~1~a', 0, 10, 'x', began, columns))
  await at(1000, batchFields('web~1~a', 13, 10, 'x', began, columns))
  for (let ms = 30_000; ms <= 5 * MINUTE; ms += 30_000) await at(ms, ['weir', 'tick/1'])
  let source = await shell.claim({ stream: 's', partition: 0 })
  for (let i = 0; i < 3; i++) {
    for (let k = 0; k <= i; k++) await shell.turn(source)
    await source.drop()
    source = await shell.claim({ stream: 's', partition: 0 }, source.token)
  }
  await shell.settle(source)
  const target = await shell.claim({ stream: 'accounting', partition: 0 })
  const { log } = partitionKeys(shell.env.namespace, 'accounting', 0)
  const heard = async (): Promise<number> => {
    const entries = await bench.redis.xrange(log, '-', '+')
    return entries.filter(([id, fields]) => decode(id, fields).kind === 'batch').length
  }
  while ((await heard()) === 0) await sleep(10)
  await shell.settle(target)
  await shell.pass(target)
  expect(await shell.small(target)).toMatchObject({ counted: 1, dead: 0, late: 0 })
  const alerts = partitionKeys(shell.env.namespace, 'alerts', 0).log
  await expect.poll(() => bench.redis.xlen(alerts)).toBe(1)
  const [[id, fields]] = (await bench.redis.xrange(alerts, '-', '+')) as [[string, string[]]]
  const entry = decode(id, fields)
  const [told] = (entry.kind === 'batch' ? entry.columns['row'] : []) as AlertRow[]
  expect(told).toMatchObject({ verdict: 'firing', value: 3 })
  await Promise.all([source.drop(), target.drop()])
})

test('rows of flat events and of many producers are summed per minute', async () => {
  const shell = await Shell.on(bench.redis, testConfig('live'))
  const one = await shell.claim({ stream: 's', partition: 0 })
  const [event] = pastEvents(1, 1)
  await bench.redis.xadd(one.keys.log, '*', 'at', String(event!.at), 'k', 'a', 'v', '1', 'good', 'true')
  await sendBatch(bench.redis, one.keys.log, 'web~1~a', 0, pastEvents(5, 10))
  await sendBatch(bench.redis, one.keys.log, 'web~1~a', 0, pastEvents(5, 10))
  await shell.settle(one)
  const { totals, rows } = await accountsOf(shell, 's')
  expect(totals).toMatchObject({ produced: 11, counted: 6, duplicate: 5 })
  expect(new Set(rows.map(({ producer }) => producer))).toEqual(new Set(['flat', 'web~1~a']))
  const web = { stream: 's', producer: 'web', from: 0, to: Date.now() }
  const named = await readAccounts(bench.redis, shell.env.namespace, 1, web)
  expect(named.totals).toMatchObject({ produced: 10, counted: 5, duplicate: 5 })
  await one.drop()
})
