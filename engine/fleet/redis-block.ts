/** The block ledger in Redis: a stream per site in the site's own slot, and a list of the sites that have one. */
import { readFileSync } from 'node:fs'
import type { Redis } from 'ioredis'
import { connect } from '../stream/connection.ts'
import { blockKeys, siteKeys } from '../stream/keys.ts'
import { type Command, sendEach } from '../stream/send-each.ts'
import { BLOCK_LIMITS, type Block, type BlockLedger, type BlockQuery, decodeBlock } from './block.ts'

const NOTE = readFileSync(new URL('note-site.lua', import.meta.url), 'utf8')
/** Sites looked at together. */
const STEP = 100
/** A block may be newer than its site's place on the list by so much, ms. */
const SLACK_MS = 60_000

/** Connects when first used. */
export function openBlocks(redisUrl: string, namespace: string): BlockLedger {
  const redis = connect(redisUrl, 'query', 'weir-blocks')
  return {
    list: (query) => list(redis, namespace, query),
    close: async () => redis.disconnect(),
  }
}

async function list(redis: Redis, namespace: string, query: BlockQuery): Promise<Block[]> {
  const { site, exit, limit } = query
  const [seconds] = await redis.time()
  const from = Math.max(query.from, Number(seconds) * 1000 - BLOCK_LIMITS.age)
  const read = async (sites: readonly string[]): Promise<Block[]> => {
    const commands = sites.map((each): Command => [
      'XREVRANGE',
      siteKeys(namespace, each).blocks,
      '+',
      String(Math.floor(Math.max(0, from))),
    ])
    const replies = await sendEach(redis, commands)
    return replies.flatMap(([error, reply], i) => {
      if (error !== null) throw error
      const blocks = (reply as [string, string[]][]).map(([id, fields]) => decodeBlock(sites[i]!, id, fields))
      return blocks
        .filter((block) => block !== null)
        .filter((block) => exit === undefined || block.exit === exit)
    })
  }
  if (site !== undefined) return newest(await read([site]), limit)
  const { sites: index } = blockKeys(namespace)
  let found: Block[] = []
  for (let start = 0; ; start += STEP) {
    const part = await redis.zrevrangebyscore(
      index,
      '+inf',
      from - SLACK_MS,
      'WITHSCORES',
      'LIMIT',
      start,
      STEP,
    )
    const sites = part.filter((_, i) => i % 2 === 0)
    found = newest([...found, ...(await read(sites))], limit)
    // No site further down the list has anything newer.
    const last = Number(part.at(-1) ?? 0) + SLACK_MS
    if (sites.length < STEP || (found.length === limit && found.at(-1)!.at >= last)) return found
  }
}

function newest(blocks: Block[], limit: number): Block[] {
  return blocks.sort((a, b) => b.at - a.at).slice(0, limit)
}

/**
 * Puts a site on the list, before its ledger is written to: who dies in between leaves a site without a new block, not
 * a block that nobody finds.
 */
export async function noteSite(redis: Redis, namespace: string, site: string): Promise<void> {
  await redis.eval(NOTE, 1, blockKeys(namespace).sites, site, BLOCK_LIMITS.sites, BLOCK_LIMITS.age)
}
