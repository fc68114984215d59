/** The program as a whole, without a browser: a config, files good and bad, a real server, a real Redis. */
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connect, openAnswers, openSchedule } from '../engine/index.ts'
import { type TestRedis, startRedis } from '../test/harness/redis.ts'
import { type App, startScrapers } from './app.ts'

let redis: TestRedis
let server: Server
let folder: string
let app: App | null = null
let logged: string[] = []

beforeEach(async () => {
  redis = await startRedis()
  server = createServer((_, response) => response.end('[{"pair": "BTC-EUR", "volume": 2.5}]'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  folder = await mkdtemp(join(tmpdir(), 'weir-app-'))
  await mkdir(join(folder, 'sites'))
  logged = []
})
afterEach(async () => {
  await app?.close()
  app = null
  server.close()
  await redis.stop()
  await rm(folder, { recursive: true, force: true })
})

const site = () => `http://x.localhost:${(server.address() as AddressInfo).port}/`

async function start(files: Record<string, string>): Promise<void> {
  await writeFile(
    join(folder, 'streams.config.ts'),
    `import { defineConfig, stream, t } from 'weir'
const trades = stream('trades', { key: 'pair', partitions: 1, schema: { pair: t.String(), volume: t.Number() } })
const volume = trades.metric('volume', { of: 'volume', stats: ['mean'], windows: ['1m'] })
void volume
export default defineConfig({ streams: [trades], scrapers: './sites/*.ts' })`,
  )
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, 'sites', name), text)
  const log = pino({ level: 'error' }, { write: (line: string) => void logged.push(line) })
  app = await startScrapers({
    redisUrl: redis.url,
    configPath: join(folder, 'streams.config.ts'),
    toolVersion: '1',
    chromium: () => Promise.reject(new Error('no browser is needed here')),
    log,
  })
}

/** One column of all batches of a partition's log. */
async function column(log: string, name: string): Promise<unknown[]> {
  const client = connect(redis.url, 'query')
  try {
    const entries = await client.xrange(`weir:{${log}}:log`, '-', '+')
    return entries.flatMap(([, fields]) => {
      if (fields[1] !== 'batch/1') return []
      const columns = JSON.parse(fields[fields.indexOf('cols') + 1]!) as Record<string, unknown[]>
      return columns[name] ?? []
    })
  } finally {
    client.disconnect()
  }
}

const collector = () => `import { collect } from 'weir/scrapers'
export default collect('coins', { url: '${site()}', every: '500ms', local: true, into: 'trades', events: (json) => json })`
const checks = () => `import { check } from 'weir/scrapers'
export default ['a', 'b'].map((name) => check(name, { url: '${site()}', every: '500ms', local: true, match: 'BTC' }))`

test('broken files are reported with their line, the others run', async () => {
  await start({
    'coins.ts': collector(),
    'checks.ts': checks(),
    'syntax.ts': 'export default scraper(\n',
    'nothing.ts': 'export const x = 1',
    'twice.ts': checks(),
  })
  await expect.poll(() => column('trades.0', 'pair')).toContain('BTC-EUR')
  await expect
    .poll(async () => new Set(await column('runs.0', 'scraper')))
    .toEqual(new Set(['a', 'b', 'coins']))
  // On a busy machine a due time may pass before its turn.
  expect(await column('runs.0', 'outcome')).toContain('ok')
  const answers = openAnswers(redis.url, 'weir')
  const [newest] = await answers.list('coins', 1)
  expect(String(await answers.body('coins', newest!.id))).toBe('[{"pair": "BTC-EUR", "volume": 2.5}]')
  answers.close()
  const fleet = openSchedule(redis.url, 'weir')
  const [coins] = await fleet.scrapers('coins')
  fleet.close()
  const field = { optional: false, absence: false }
  expect(coins!.fields).toEqual([
    { name: 'pair', ...field },
    { name: 'volume', ...field },
  ])
  const found = await Promise.all([0, 1, 2, 3].map((i) => column(`fields.${i}`, 'state')))
  expect(new Set(found.flat())).toEqual(new Set(['ok']))
  const messages = logged.map((line) => (JSON.parse(line) as { msg: string }).msg).join('\n')
  expect(messages).toMatch(/sites\/syntax\.ts/)
  expect(messages).toMatch(/sites\/nothing\.ts: its default export is no scraper\. Write export default/)
  expect(messages).toMatch(/sites\/twice\.ts: the name "a" is taken by sites\/checks\.ts/)
})

test('scrapers with nothing to do are still seen to be alive; a glob that matches nothing is said', async () => {
  await start({})
  const client = connect(redis.url, 'query')
  await expect.poll(async () => String(await client.client('LIST'))).toMatch(/ name=weir-schedule /)
  client.disconnect()
  expect(logged.join('\n')).toContain('./sites/*.ts matches no file')
})

test('on stop a visit under way is finished, and nobody makes it a second time', async () => {
  let hits = 0
  server.removeAllListeners('request')
  server.on('request', (_, response) => {
    hits += 1
    setTimeout(() => response.end('BTC'), 2500)
  })
  await start({ 'checks.ts': checks().replace('500ms', '1h').replace(`['a', 'b']`, `['a']`) })
  await expect.poll(() => hits).toBe(1)
  await app!.close()
  app = null
  expect(await column('runs.0', 'outcome')).toEqual(['ok'])
  const fleet = openSchedule(redis.url, 'weir')
  const [a] = await fleet.scrapers('a')
  fleet.close()
  expect(a).toMatchObject({ running: null })
  expect(a!.due).toBeGreaterThan(Date.now() + 3_000_000)
})

test('a reload takes new files, and keeps the last good form of one that broke', async () => {
  await start({ 'checks.ts': checks() })
  await writeFile(join(folder, 'sites', 'checks.ts'), 'export default (')
  await writeFile(join(folder, 'sites', 'coins.ts'), collector())
  await app!.reload()
  const before = (await column('runs.0', 'scraper')).length
  await expect
    .poll(async () => new Set((await column('runs.0', 'scraper')).slice(before)))
    .toEqual(new Set(['a', 'b', 'coins']))
  expect(logged.join('\n')).toMatch(/checks\.ts/)
})
