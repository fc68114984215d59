/** What scraper processes share about healing: a text and a hash per scraper in the slot of the fleet. */
import { readFileSync } from 'node:fs'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { connect, whenUsed } from '../stream/connection.ts'
import { fleetKeys } from '../stream/keys.ts'
import {
  FORGET_MS,
  type HealMemory,
  MAX_LESSONS,
  MAX_PROPOSALS,
  type ProposalState,
  proposalId,
  proposalsIn,
} from './proposal.ts'

const PROPOSE = readFileSync(new URL('./propose.lua', import.meta.url), 'utf8')

type Proposing = (...args: (string | number)[]) => Promise<ProposalState>

/** Connects when first used, and never waits for a Redis that is away. */
export function openHealMemory(redisUrl: string, namespace: string): HealMemory {
  const redis = connect(redisUrl, 'commit', 'weir-heal')
  redis.defineCommand('weirPropose', { numberOfKeys: 2, lua: PROPOSE })
  const script = redis as unknown as { weirPropose: Proposing }
  const { healing, lessons: taught, proposing } = fleetKeys(namespace)
  const ready = whenUsed(redis)

  return {
    async recall(scraper) {
      await ready()
      const [hash, packed] = await Promise.all([
        redis.hgetall(healing + scraper),
        redis.get(taught + scraper),
      ])
      return { lessons: unpacked(packed), proposals: proposalsIn(hash) }
    },
    async remember(scraper, lessons) {
      if (lessons.length > MAX_LESSONS)
        throw new Error(`what was learnt is ${lessons.length} characters long`)
      await ready()
      const packed = deflateRawSync(lessons).toString('base64')
      await redis.set(taught + scraper, packed, 'PX', FORGET_MS)
    },
    async propose(observed, enough) {
      await ready()
      const { scraper, field } = observed
      const names = [healing + scraper, proposing]
      const told = [proposalId(observed), JSON.stringify(observed), field]
      return script.weirPropose(...names, ...told, enough, MAX_PROPOSALS, FORGET_MS, scraper)
    },
    close: async () => redis.disconnect(),
  }
}

function unpacked(packed: string | null): string | null {
  if (packed === null) return null
  try {
    return inflateRawSync(Buffer.from(packed, 'base64'), { maxOutputLength: MAX_LESSONS * 4 }).toString(
      'utf8',
    )
  } catch {
    return null
  }
}
