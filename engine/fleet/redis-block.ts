/** The block ledger in Redis: a stream per site in the site's own slot, and a list of the sites that have one. */
import { readFileSync } from 'node:fs'
import type { Redis } from 'ioredis'
import { connect } from '../stream/connection.ts'
import { blockKeys, siteKeys } from '../stream/keys.ts'
import { type Command, sendEach } from '../stream/send-each.ts'
import { BLOCK_LIMITS, type BlockLedger, type BlockPage, decodeBlock, withLift } from './block.ts'
import { readLifted } from './redis-hold.ts'
import { compareBlocks, type ListedBlock, pageOf } from './recent-blocks.ts'
import { serverTime } from '../stream/server-time.ts'

const NOTE = readFileSync(new URL('note-site.lua', import.meta.url), 'utf8')
/** Sites looked at together, and bytes of their ledgers for one look: some 100 ms of work. */
const STEP = 100
const MAX_BYTES = 16 * 1024 * 1024
/** A block may be newer than its site's place on the list by so much, ms. */
const SLACK_MS = 60_000

/** Connects when first used. The newest blocks of all sites are kept in memory; each look reads what has come since. */
export function openBlocks(redisUrl: string, namespace: string): BlockLedger {
  const redis = connect(redisUrl, 'query', 'weir-blocks')
  const all = new Follower(redis, namespace)
  let looking: Promise<void> | null = null
  /** With what people have lifted. */
  const known = async ({
    blocks,
    cursor,
  }: Omit<BlockPage, 'complete'>): Promise<Omit<BlockPage, 'complete'>> => {
    const lifts = await readLifted(redis, namespace, [...new Set(blocks.map(({ site }) => site))])
    return { cursor, blocks: blocks.map((block) => withLift(block, lifts.get(block.site))) }
  }
  return {
    async list(query) {
      if (query.site !== undefined) {
        const oldest = (await serverTime(redis)) - BLOCK_LIMITS.age
        const { listed } = await readSites(redis, namespace, [query.site], () => String(Math.max(0, oldest)))
        return { ...(await known(pageOf(listed.toSorted(compareBlocks), query))), complete: true }
      }
      looking ??= all.look().finally(() => (looking = null))
      await looking
      return { ...(await known(pageOf(all.listed, query))), complete: all.complete }
    },
    close: async () => redis.disconnect(),
  }
}

class Follower {
  /** The newest first. */
  listed: ListedBlock[] = []
  complete = false
  private readonly redis: Redis
  private readonly namespace: string
  private readonly index: string
  /** The newest entry read of each site that was read. */
  private readonly newest = new Map<string, string>()
  /** All that is older was read of the sites that were read, server time in ms; and how far down the list these go. */
  private since: number | null = null
  private down = 0

  constructor(redis: Redis, namespace: string) {
    this.redis = redis
    this.namespace = namespace
    this.index = blockKeys(namespace).sites
  }

  async look(): Promise<void> {
    const now = await serverTime(this.redis)
    const known = await this.redis.zcard(this.index)
    // Another Redis, or one that has lost what it knew.
    if (known === 0 || now < (this.since ?? 0) || this.newest.size > 2 * BLOCK_LIMITS.sites) this.forget()
    if (this.since !== null) await this.forwards(this.since - SLACK_MS)
    this.since = now
    if (!this.complete) await this.downwards()
    this.bound(now)
  }

  /** Sites that have been noted since, from the top, too: one that goes there moves the others down, past nobody. */
  private async forwards(since: number): Promise<void> {
    for (let start = 0; ; start += STEP) {
      const sites = await this.redis.zrevrangebyscore(this.index, '+inf', since, 'LIMIT', start, STEP)
      await this.read(sites)
      if (sites.length < STEP) return
    }
  }

  /** Sites further down the list. One that leaves its place meanwhile goes to the top, where it is seen. */
  private async downwards(): Promise<void> {
    for (let bytes = 0; bytes < MAX_BYTES;) {
      const part = await this.redis.zrevrange(this.index, this.down, this.down + STEP - 1, 'WITHSCORES')
      const sites = part.filter((_, i) => i % 2 === 0)
      bytes += await this.read(sites)
      this.down += sites.length
      // No site further down the list has anything newer than the oldest that is kept.
      const oldest = this.listed.length < BLOCK_LIMITS.listed ? 0 : this.listed.at(-1)!.block.at
      this.complete = sites.length < STEP || oldest >= Number(part.at(-1)) + SLACK_MS
      if (this.complete) return
    }
  }

  /** Returns how much was looked at. */
  private async read(sites: readonly string[]): Promise<number> {
    const after = (site: string): string => {
      const newest = this.newest.get(site)
      return newest === undefined ? '-' : `(${newest}`
    }
    const { listed, bytes } = await readSites(this.redis, this.namespace, sites, after)
    // Each site's entries come newest first.
    for (const { id, block } of listed.toReversed()) this.newest.set(block.site, id)
    for (const site of sites) if (!this.newest.has(site)) this.newest.set(site, '0-0')
    if (listed.length > 0)
      this.listed = [...this.listed, ...listed].toSorted(compareBlocks).slice(0, BLOCK_LIMITS.listed)
    return bytes
  }

  private bound(now: number): void {
    while ((this.listed.at(-1)?.block.at ?? now) < now - BLOCK_LIMITS.age) this.listed.pop()
  }

  private forget(): void {
    this.listed = []
    this.complete = false
    this.newest.clear()
    this.since = null
    this.down = 0
  }
}

/** Blocks of sites from the entry on that `after` says, and how much text that was. */
async function readSites(
  redis: Redis,
  namespace: string,
  sites: readonly string[],
  after: (site: string) => string,
): Promise<{ listed: ListedBlock[]; bytes: number }> {
  let bytes = 0
  const commands = sites.map((site): Command => [
    'XREVRANGE',
    siteKeys(namespace, site).blocks,
    '+',
    after(site),
    'COUNT',
    BLOCK_LIMITS.perSite,
  ])
  const replies = await sendEach(redis, commands)
  const listed = replies.flatMap(([error, reply], i) => {
    if (error !== null) throw error
    return (reply as [string, string[]][]).flatMap(([id, fields]) => {
      bytes += fields.reduce((sum, text) => sum + text.length, 0)
      const block = decodeBlock(sites[i]!, id, fields)
      return block === null ? [] : [{ id, block }]
    })
  })
  return { listed, bytes }
}

/**
 * Puts a site on the lists of those that have turned us away and are left alone, for so many ms or until then at most,
 * before that is: who dies in between leaves a site without a new block, not a block that nobody finds.
 */
export async function noteSite(
  redis: Redis,
  namespace: string,
  site: string,
  atMost: { for: number; until: number },
): Promise<void> {
  const { sites, holds } = blockKeys(namespace)
  const left = [Math.ceil(atMost.for), Math.ceil(atMost.until)]
  await redis.eval(NOTE, 2, sites, holds, site, BLOCK_LIMITS.sites, BLOCK_LIMITS.age, ...left)
}
