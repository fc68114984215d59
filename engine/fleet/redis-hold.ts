/** Holds in Redis: each in the gate of its site, with a list of the sites that may have one. */
import { readFileSync } from 'node:fs'
import type { Redis } from 'ioredis'
import { connect } from '../stream/connection.ts'
import { blockKeys, siteKeys } from '../stream/keys.ts'
import { type Command, sendEach } from '../stream/send-each.ts'
import { serverTime } from '../stream/server-time.ts'
import { BLOCK_LIMITS } from './block.ts'
import type { Hold, Holds, Lifted } from './hold.ts'

const LIFT = readFileSync(new URL('lift.lua', import.meta.url), 'utf8')
/** Sites looked at together. */
const STEP = 200

/** Connects when first used. */
export function openHolds(redisUrl: string, namespace: string): Holds {
  const redis = connect(redisUrl, 'query', 'weir-holds')
  const keys = blockKeys(namespace)
  return {
    async list({ site, limit }) {
      const now = await serverTime(redis)
      if (site !== undefined) return readHolds(redis, namespace, [site], now)
      // By site: one that gets a longer hold meanwhile moves others into the next part.
      const found = new Map<string, Hold>()
      for (let start = 0; ; start += STEP) {
        const part = await redis.zrevrangebyscore(keys.holds, '+inf', now, 'WITHSCORES', 'LIMIT', start, STEP)
        const sites = part.filter((_, i) => i % 2 === 0)
        for (const hold of await readHolds(redis, namespace, sites, now)) found.set(hold.site, hold)
        const longest = [...found.values()].toSorted((a, b) => b.until - a.until).slice(0, limit)
        // A site is on the list by the longest time that it may be left alone for: those that follow are not for longer.
        const enough = longest.length === limit && longest.at(-1)!.until >= Number(part.at(-1))
        if (enough || sites.length < STEP) return longest
      }
    },
    async lift(site, by) {
      const at = await serverTime(redis)
      const [held] = await readHolds(redis, namespace, [site], at)
      if (held === undefined) return null
      const lifted: Lifted = { by, at }
      // Before it is: nothing is lifted without a word on who did it.
      await redis.hset(keys.lifted, site, JSON.stringify(lifted))
      // As long as the blocks that it tells of.
      await redis.pexpire(keys.lifted, BLOCK_LIMITS.age)
      await redis.eval(LIFT, 1, siteKeys(namespace, site).gate)
      return { ...held, lifted }
    },
    close: () => redis.disconnect(),
  }
}

async function readHolds(
  redis: Redis,
  namespace: string,
  sites: readonly string[],
  now: number,
): Promise<Hold[]> {
  const commands = sites.map((site): Command => {
    return ['HMGET', siteKeys(namespace, site).gate, 'hold', 'why', 'brk', 'kind', 'till']
  })
  const replies = await sendEach(redis, commands)
  return replies.flatMap(([error, reply], i) => {
    if (error !== null) throw error
    const hold = holdOf(sites[i]!, reply as (string | null)[])
    return hold.until > now ? [hold] : []
  })
}

/** The longer of the two that a site may have. */
function holdOf(site: string, [hold, why, brk, kind, till]: (string | null)[]): Hold {
  const [asked, away] = [Number(hold ?? 0), brk === 'open' ? Number(till) : 0]
  return asked >= away
    ? { site, reason: 'hold', asked: why === 'asked', until: asked }
    : { site, reason: kind === 'blocked' ? 'blocked' : 'breaker', asked: false, until: away }
}

/** Of these sites those whose holds were lifted last, and by whom. */
export async function readLifted(
  redis: Redis,
  namespace: string,
  sites: readonly string[],
): Promise<Map<string, Lifted>> {
  if (sites.length === 0) return new Map()
  const texts = await redis.hmget(blockKeys(namespace).lifted, ...sites)
  return new Map(
    texts.flatMap((text, i) => (text === null ? [] : [[sites[i]!, JSON.parse(text) as Lifted] as const])),
  )
}
