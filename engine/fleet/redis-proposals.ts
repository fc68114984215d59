/** The API's side of proposals: shows them, and writes down what people decide. */
import { connect } from '../stream/connection.ts'
import { fleetKeys } from '../stream/keys.ts'
import {
  type Decision,
  FORGET_MS,
  type Proposal,
  type ProposalBook,
  proposalsIn,
  scraperOfId,
} from './proposal.ts'
import { serverTime } from '../stream/server-time.ts'

const MAX_LIST = 500
/** Scrapers looked through for one list, those with the newest proposals first. */
const MAX_SCRAPERS = 2000
/** Scrapers read at a time: nothing else waits long behind them. */
const STEP = 100

/** Connects when first used. */
export function openProposals(redisUrl: string, namespace: string): ProposalBook {
  const redis = connect(redisUrl, 'query', 'weir-proposals')
  const { healing, proposing } = fleetKeys(namespace)

  const now = (): Promise<number> => serverTime(redis)
  const ofScraper = async (scraper: string): Promise<Proposal[]> =>
    proposalsIn(await redis.hgetall(healing + scraper))
  const find = async (id: string): Promise<Proposal | null> => {
    const scraper = scraperOfId(id)
    if (scraper === null) return null
    const text = await redis.hmget(healing + scraper, `p:${id}`, `d:${id}`)
    const [noted, decided] = text
    if (noted === null || noted === undefined) return null
    const hash = { [`p:${id}`]: noted, ...(decided && { [`d:${id}`]: decided }) }
    return proposalsIn(hash)[0] ?? null
  }

  return {
    async list({ scraper, state, limit }) {
      const names = scraper === undefined ? await redis.zrevrange(proposing, 0, MAX_SCRAPERS - 1) : [scraper]
      let newest: Proposal[] = []
      for (let from = 0; from < names.length; from += STEP) {
        const found = await Promise.all(names.slice(from, from + STEP).map(ofScraper))
        newest = [...newest, ...found.flat()]
          .filter((one) => (state ?? one.state) === one.state)
          .toSorted((a, b) => b.last - a.last || (a.id < b.id ? -1 : 1))
          .slice(0, Math.min(limit, MAX_LIST))
      }
      return newest
    },
    find,
    async decide(id, state, by) {
      const scraper = scraperOfId(id)
      if (scraper === null || (await find(id)) === null) return null
      const decision: Decision = { state, by, at: await now() }
      const key = healing + scraper
      await redis.multi().hset(key, `d:${id}`, JSON.stringify(decision)).pexpire(key, FORGET_MS).exec()
      return find(id)
    },
    close: async () => redis.disconnect(),
  }
}
