/** What sites' robots.txt said, shared by all processes in Redis, and the newest of it kept at hand. */
import { readFileSync } from 'node:fs'
import type { Redis } from 'ioredis'
import { robotsKey } from '../../../engine/index.ts'
import type { Known, RobotsRead, RobotsStore, Said } from './robots.ts'

const source = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8')
const SCRIPTS = {
  weirReadRobots: { numberOfKeys: 1, lua: source('read-robots.lua') },
  weirKeepRobots: { numberOfKeys: 1, lua: source('keep-robots.lua') },
}
type Scripted = Redis & Record<keyof typeof SCRIPTS, (...args: (string | number)[]) => Promise<unknown[]>>

const MINUTE = 60_000
const DAY = 86_400_000
/** Whoever asks and has not answered by then is taken for dead. */
const ASKING_MS = 90_000
/** RFC 9309 §2.4: not longer than a day. Not all sites at the same time of day. */
const BELIEVED_MS = DAY
const SPREAD_MS = DAY / 4
/** While a site is silent: for how long rules of before are used, when one without is asked again. */
const OLD_MS = 60 * MINUTE
const SILENT_MS = MINUTE
/** After a month without a word old rules are none any more. */
const FORGOTTEN_MS = 30 * DAY

/** At hand: so long without asking Redis, and so many characters in all. */
const AT_HAND_MS = 5 * MINUTE
const MAX_AT_HAND = 16 * 1024 * 1024

/** `mono`: a clock that is never set, ms; `random`: 0 … 1. */
export function redisRobots(
  redis: Redis,
  namespace: string,
  mono: () => number,
  random: () => number,
): RobotsStore {
  for (const [name, script] of Object.entries(SCRIPTS)) redis.defineCommand(name, script)
  const scripts = redis as Scripted
  /** Least recently used first. */
  const atHand = new Map<string, { known: Known; until: number }>()
  let characters = 0

  function forget(origin: string): void {
    characters -= atHand.get(origin)?.known.rules.length ?? 0
    atHand.delete(origin)
  }

  function remember(origin: string, left: number, known: Known): Known {
    forget(origin)
    atHand.set(origin, { known, until: mono() + Math.min(left, AT_HAND_MS) })
    characters += known.rules.length
    for (const oldest of atHand.keys()) {
      if (characters <= MAX_AT_HAND && atHand.size <= MAX_AT_HAND / 1024) break
      forget(oldest)
    }
    return known
  }

  return {
    async read(origin, token): Promise<RobotsRead> {
      const near = atHand.get(origin)
      if (near && near.until > mono()) {
        atHand.delete(origin)
        atHand.set(origin, near)
        return { state: 'known', known: near.known }
      }
      const key = robotsKey(namespace, origin)
      const [state, left, rules, why] = await scripts.weirReadRobots(key, token, ASKING_MS, BELIEVED_MS)
      if (state !== 'known') return { state: state === 'ask' ? 'ask' : 'wait' }
      const known = { rules: String(rules), why: why === '' ? null : String(why) }
      return { state: 'known', known: remember(origin, Number(left), known) }
    },
    async keep(origin, token, said: Said): Promise<Known | null> {
      const [left, rules, why] = await scripts.weirKeepRobots(
        robotsKey(namespace, origin),
        token,
        said.state,
        said.state === 'rules' ? said.rules : '',
        said.state === 'silent' ? said.why : '',
        Math.round(BELIEVED_MS - SPREAD_MS * random()),
        OLD_MS,
        SILENT_MS,
        FORGOTTEN_MS,
      )
      if (left === undefined) return null
      return remember(origin, Number(left), { rules: String(rules), why: why === '' ? null : String(why) })
    },
  }
}
