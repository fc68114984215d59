/** The block ledger of many sites: read once, then what is new, and in pages by exit. */
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startRedis, type TestRedis } from '../../test/harness/redis.ts'
import { connect } from '../stream/connection.ts'
import { blockKeys, siteKeys } from '../stream/keys.ts'
import { type Block, BLOCK_LIMITS, encodeBlock } from './block.ts'
import { noteSite, openBlocks } from './redis-block.ts'

let redis: TestRedis
let client: Redis
beforeAll(async () => {
  redis = await startRedis()
  client = connect(redis.url, 'commit')
  await client.connect()
})
afterAll(async () => {
  client?.disconnect()
  await redis?.stop()
})

async function turnAway(site: string, exit: string, namespace = 'test'): Promise<void> {
  await noteSite(client, namespace, site, { for: 60_000, until: 0 })
  const about = encodeBlock({
    scraper: site,
    exit,
    outcome: 'blocked',
    reason: 'captcha',
    detail: '',
    url: '',
  })
  await client.xadd(siteKeys(namespace, site).blocks, '*', 'about', about, 'until', '9', 'strikes', '1')
}

async function commands(): Promise<number> {
  return Number(/cmdstat_xrevrange:calls=(\d+)/.exec(await client.info('commandstats'))?.[1] ?? 0)
}

test('of 250 sites each is read once; later looks read only sites with news, and pages find every block', async () => {
  const names = Array.from({ length: 250 }, (_, i) => `s${i}.example`)
  for (const [i, name] of names.entries()) await turnAway(name, i % 50 === 0 ? 'berlin' : 'direct')
  // So long ago that a look does not take them for new.
  for (const name of names) await client.zincrby('test:{blocks}:sites', -120_000, name)
  const ledger = openBlocks(redis.url, 'test')
  const found: Block[] = []
  let cursor: string | null = null
  do {
    const page = await ledger.list({ from: 0, exit: 'berlin', limit: 2, ...(cursor !== null && { cursor }) })
    expect(page.complete).toBe(true)
    found.push(...page.blocks)
    ;({ cursor } = page)
  } while (cursor !== null)
  expect(found.map(({ site }) => site)).toEqual([200, 150, 100, 50, 0].map((i) => `s${i}.example`))
  const before = await commands()
  expect(before).toBe(250)
  await turnAway('s7.example', 'berlin')
  await turnAway('new.example', 'berlin')
  const { blocks } = await ledger.list({ from: 0, exit: 'berlin', limit: 3 })
  expect(blocks.map(({ site }) => site)).toEqual(['new.example', 's7.example', 's200.example'])
  expect((await commands()) - before).toBe(2)
  expect((await ledger.list({ from: 0, limit: 1000 })).blocks).toHaveLength(252)
  expect((await ledger.list({ from: 0, site: 's7.example', limit: 1 })).cursor).toMatch(/\/s7\.example$/)
  await client.flushall()
  expect((await ledger.list({ from: 0, limit: 9 })).blocks).toEqual([])
  await ledger.close()
})

test('no site is passed by while others move on the list', async () => {
  const names = Array.from({ length: 1000 }, (_, i) => `p${i}.example`)
  const { sites } = blockKeys('moves')
  const ledger = openBlocks(redis.url, 'moves')
  await turnAway('first.example', 'direct', 'moves')
  await ledger.list({ from: 0, limit: 1 })
  const edge = Date.now() - 60_000 + 1
  for (const name of names) await turnAway(name, 'direct', 'moves')
  // So long ago that only the next look asks for them.
  await client.zadd(sites, ...names.flatMap((name) => [edge, name]))
  let looking = true
  const look = ledger.list({ from: 0, limit: 1 }).finally(() => (looking = false))
  for (let i = 0; looking && i < 900; i += 1) await turnAway(names[i]!, 'direct', 'moves')
  await look
  const { blocks } = await ledger.list({ from: 0, limit: 5000 })
  expect(new Set(blocks.map(({ site }) => site)).size).toBe(1001)
  await ledger.close()
})

test('of all sites together a bounded number is kept', async () => {
  const sites = Math.ceil(BLOCK_LIMITS.listed / BLOCK_LIMITS.perSite) + 100
  const about = encodeBlock({
    scraper: 'x',
    exit: 'direct',
    outcome: 'blocked',
    reason: '',
    detail: '',
    url: '',
  })
  for (let i = 0; i < sites; i += 1) {
    await noteSite(client, 'many', `m${i}.example`, { for: 60_000, until: 0 })
    const pipeline = client.pipeline()
    const { blocks } = siteKeys('many', `m${i}.example`)
    for (let n = 0; n < BLOCK_LIMITS.perSite; n += 1)
      pipeline.xadd(blocks, '*', 'about', about, 'until', '9', 'strikes', '1')
    await pipeline.exec()
  }
  const ledger = openBlocks(redis.url, 'many')
  let last = await ledger.list({ from: 0, limit: 1 })
  for (let i = 0; i < 5 && !last.complete; i += 1) last = await ledger.list({ from: 0, limit: 1 })
  expect(last.complete).toBe(true)
  const all = await ledger.list({ from: 0, limit: 1e6 })
  expect(all.blocks).toHaveLength(BLOCK_LIMITS.listed)
  expect(all.blocks[0]!.site).toBe(`m${sites - 1}.example`)
  await ledger.close()
}, 120_000)
