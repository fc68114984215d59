/** Turns over Redis: one script call each, however many scrapers there are. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { connect, whenUsed } from '../stream/connection.ts'
import { fleetKeys } from '../stream/keys.ts'
import type { Claim, Owed, Pause } from './schedule.ts'
import type { TurnReply, Turns } from './turns.ts'
import { serverTime } from '../stream/server-time.ts'

/**
 * A process that is silent for so long is taken for dead, and others end its runs, ms. It takes a turn every half
 * second; a machine in trouble may hold it up for seconds, and then its runs would only be done twice, and count once.
 */
const LEASE_MS = 15_000
/** Scrapers registered by one script call: some milliseconds of Redis. */
const CHUNK = 250
const CLAIM_ITEMS = 8

const source = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8')
const SCRIPTS = {
  weirTurn: source('turn.lua'),
  weirRegister: source('register.lua'),
  weirLeave: source('leave.lua'),
}
type ScriptName = keyof typeof SCRIPTS
type Scripted = Record<ScriptName, (...args: (string | number)[]) => Promise<unknown>>

export interface TurnsOptions {
  lease?: number
}

/** Connects when first used. */
export function openTurns(
  redisUrl: string,
  namespace: string,
  { lease = LEASE_MS }: TurnsOptions = {},
): Turns {
  const redis = connect(redisUrl, 'commit', 'weir-schedule')
  const k = fleetKeys(namespace)
  const worker = `${hostname().replaceAll(/\s/g, '-')}:${process.pid}:${randomBytes(3).toString('hex')}`
  const turnKeys = [
    [k.workers, k.running, k.dueBrowser, k.dueHttp, k.paused, k.asked],
    [k.last, k.strays, k.retries, k.processes, k.catalog, k.versions, k.history, k.clock],
  ].flat()
  const keys = {
    weirTurn: turnKeys,
    weirRegister: [k.catalog, k.versions, k.running, k.dueBrowser, k.dueHttp, k.strays, k.retries, k.history],
    weirLeave: [k.workers, k.running, k.dueBrowser, k.dueHttp, k.retries, k.processes],
  }
  for (const [name, lua] of Object.entries(SCRIPTS))
    redis.defineCommand(name, { lua, numberOfKeys: keys[name as ScriptName].length })

  const ready = whenUsed(redis)
  const call = async (name: ScriptName, args: (string | number)[]): Promise<unknown> => {
    await ready()
    return (redis as unknown as Scripted)[name](...keys[name], ...args)
  }

  return {
    worker,
    async now() {
      await ready()
      return serverTime(redis)
    },
    async register(all) {
      for (let i = 0; i < all.length; i += CHUNK) {
        const rows = all.slice(i, i + CHUNK).flatMap(({ entry, lane, timing, first, latest }) => {
          return [entry.name, lane, entry.version, timing, first ?? '', latest, JSON.stringify(entry)]
        })
        await call('weirRegister', rows)
      }
    },
    async turn({ room, ended, settled, about }) {
      const aboutText = about === null ? '' : JSON.stringify({ ...about, room })
      const rows = ended.flatMap(({ name, due, lane, next }) => {
        return [name, due, lane, next === null ? '' : next === 'unknown' ? '?' : next, '']
      })
      for (const { name, due, lane, to, owed } of settled)
        rows.push(name, due, lane, `=${to}`, JSON.stringify(owed))
      const count = ended.length + settled.length
      const args = [worker, lease, room.browser, room.http, aboutText, count, ...rows]
      return readReply((await call('weirTurn', args)) as RawReply)
    },
    async leave() {
      await call('weirLeave', [worker])
    },
    close: () => redis.disconnect(),
  }
}

type RawReply = [
  string,
  string,
  string,
  number,
  number,
  number,
  number,
  string[],
  string[],
  string[],
  string[],
]

function readReply(raw: RawReply): TurnReply {
  const [at, nextBrowser, nextHttp, browser, http, catalogued, stray, claims, mine, strays, held] = raw
  const now = Number(at)
  const next = { browser: readDue(nextBrowser), http: readDue(nextHttp) }
  const oldest = (due: number | null): number => (due === null ? 0 : Math.max(0, now - due))
  return {
    now,
    next,
    catalogued,
    stray,
    pressure: {
      browser: { overdue: browser, oldestMs: oldest(next.browser) },
      http: { overdue: http, oldestMs: oldest(next.http) },
    },
    claims: readClaims(claims),
    mine: readClaims(mine),
    strays,
    held,
  }
}

function readDue(text: string): number | null {
  return text === '' ? null : Number(text)
}

function readClaims(items: string[]): Claim[] {
  return Array.from({ length: items.length / CLAIM_ITEMS }, (_, i) => {
    const [name = '', lane, due, planned = '', attempt, asked, owed = '', paused = ''] = items.slice(
      i * CLAIM_ITEMS,
    )
    return {
      name,
      lane: lane === 'browser' ? 'browser' : 'http',
      due: Number(due),
      planned: readDue(planned),
      attempt: Number(attempt),
      asked: asked === '1',
      owed: owed === '' ? null : (JSON.parse(owed) as Owed),
      paused: paused === '' ? null : (JSON.parse(paused) as Pause),
    }
  })
}
