/** Deploys in Redis: a sorted set of marks, and the history of versions beside the catalog. */
import { parseDuration } from '../config/duration.ts'
import { connect } from '../stream/connection.ts'
import { fleetKeys } from '../stream/keys.ts'
import type { CatalogEntry } from './catalog.ts'
import { type Deploys, type History, type Mark, MAX_MARKS, readLoads } from './mark.ts'

const DAY = 86_400_000

/** Connects when first used. */
export function openDeploys(redisUrl: string, namespace: string): Deploys {
  const redis = connect(redisUrl, 'query', 'weir-deploys')
  const keys = fleetKeys(namespace)
  return {
    async mark({ name, version, at, by }) {
      await redis.zadd(keys.marks, at, JSON.stringify({ name, version, at, by } satisfies Mark))
      await redis.zremrangebyrank(keys.marks, 0, -MAX_MARKS - 1)
    },
    async marks({ to, limit, name }) {
      const found = await redis.zrevrangebyscore(keys.marks, to, '-inf')
      const marks = found.map((text) => JSON.parse(text) as Mark)
      return marks.filter((mark) => name === undefined || mark.name === name).slice(0, limit)
    },
    async histories(scrapers) {
      const known = new Map<string, History>()
      if (scrapers.length === 0) return known
      const [texts, entries] = await Promise.all([
        redis.hmget(keys.history, ...scrapers),
        redis.hmget(keys.catalog, ...scrapers),
      ])
      for (const [i, name] of scrapers.entries()) {
        const [text, entry] = [texts[i] ?? null, entries[i] ?? null]
        if (text === null || entry === null) continue
        const every = parseDuration((JSON.parse(entry) as CatalogEntry).every) ?? DAY
        known.set(name, { loads: readLoads(text), every })
      }
      return known
    },
    close: () => redis.disconnect(),
  }
}
