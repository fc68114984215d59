/** The gate in Redis: one script to ask, one to report, on the server's clock, each on the slot of one site. */
import { readFileSync } from 'node:fs'
import type { Redis } from 'ioredis'
import { BLOCK_LIMITS, type Outcome, encodeBlock, noteSite, siteKeys } from '../../engine/index.ts'
import type { Admission, Consequence, Gate, Refusal, RefusalReason, Visit, Visited, Wish } from './gate.ts'
import { redisRobots } from './robots/redis-robots.ts'
import { refusalText } from './refusal-text.ts'

const source = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8')
const SCRIPTS = {
  weirAdmit: { numberOfKeys: 3, lua: source('refusal.lua') + source('admit.lua') },
  weirReport: { numberOfKeys: 4, lua: source('refusal.lua') + source('report.lua') },
  weirHeld: { numberOfKeys: 1, lua: source('refusal.lua') + source('held.lua') },
}
type Scripted = Redis & Record<keyof typeof SCRIPTS, (...args: (string | number)[]) => Promise<unknown[]>>

/** Turns further ahead than this are refused: by then the run would be stale. */
const HORIZON_MS = 60_000
/** How often what could not be told is told again, ms, and how much of it is kept. */
const TELL_AGAIN_MS = 1000
const MAX_UNTOLD = 10_000

/** What an outcome says about the site; crashes of our own and what was never sent say nothing. */
const SAYS: Record<Outcome, 'good' | 'down' | 'block' | 'throttle' | 'proxy' | 'none'> = {
  skipped: 'none',
  crashed: 'none',
  proxy_failed: 'proxy',
  rate_limited: 'throttle',
  blocked: 'block',
  auth_failed: 'good',
  site_down: 'down',
  absent: 'good',
  layout_changed: 'good',
  invalid_data: 'good',
  partial: 'good',
  ok: 'good',
}

interface Untold {
  visit: Visit
  visited: Visited
  /** When the visit ended, ms of a monotonic clock. */
  ended: number
}

export interface RedisGate extends Gate {
  /** Tells what is left to tell, once; the connection is the caller's. */
  close(): Promise<void>
}

/** `redis`: of the role `commit`; `mono`: a clock that is never set, ms. */
export function redisGate(redis: Redis, namespace: string, mono: () => number): RedisGate {
  const scripts = scripted(redis)
  /** Reports that Redis did not take: whoever would visit the site from here waits until it has. */
  const untold = new Map<string, Untold[]>()
  /** Sites of which that is being told just now: all who want to wait wait for the same. */
  const telling = new Map<string, Promise<void>>()
  let timer: NodeJS.Timeout | null = null

  const keysOf = (site: string): [string, string, string] => {
    const { gate, leases, exits } = siteKeys(namespace, site)
    return [gate, leases, exits]
  }

  async function tell({ visit, visited, ended }: Untold): Promise<Consequence> {
    const { outcome, wish, exit, coolDown, block } = visited
    const [asked, until] = wishArguments(wish, mono() - ended)
    const says = SAYS[outcome]
    if (block !== null || wish !== null) await noteSite(redis, namespace, visit.site, longest(visited))
    const [at, till, strikes] = await scripts.weirReport(
      ...keysOf(visit.site),
      siteKeys(namespace, visit.site).blocks,
      visit.token,
      says,
      asked,
      until,
      exit,
      coolDown.first,
      coolDown.longest,
      block === null ? '' : encodeBlock(block),
      BLOCK_LIMITS.perSite,
      BLOCK_LIMITS.age,
    )
    return { at: Number(at), until: Number(till) || null, strikes: Number(strikes) }
  }

  /** In the order in which they happened, each once; rejects at the first that fails. */
  async function tellUntold(site: string): Promise<void> {
    while (untold.has(site)) {
      const under = telling.get(site) ?? tellAll(site).finally(() => telling.delete(site))
      telling.set(site, under)
      await under
    }
  }

  async function tellAll(site: string): Promise<void> {
    const all = untold.get(site) ?? []
    for (let next = all[0]; next !== undefined; next = all[0]) {
      await tell(next)
      all.shift()
    }
    untold.delete(site)
  }

  function tellLater(): void {
    timer ??= setTimeout(() => {
      timer = null
      void Promise.allSettled([...untold.keys()].map(tellUntold)).then(() => {
        if (untold.size > 0) tellLater()
      })
    }, TELL_AGAIN_MS)
    timer.unref()
  }

  return {
    async admit(visit, again = false): Promise<Admission> {
      await tellUntold(visit.site)
      const reply = await scripts.weirAdmit(
        ...keysOf(visit.site),
        visit.token,
        Math.round(visit.minDelay * 1000),
        visit.concurrency,
        visit.budget,
        Math.ceil(visit.lease),
        HORIZON_MS,
        again ? '1' : '',
        ...visit.exits,
      )
      if (reply[0] !== 'go') return refusalOf(visit.site, reply)!
      const keeps = Number(reply[2]) / 1000 / 2
      return {
        go: true,
        wait: Number(reply[1]) / 1000,
        keeps: keeps > 0 ? keeps : Infinity,
        exit: String(reply[3]),
        probe: reply[4] === 1,
      }
    },
    async held({ site, token }) {
      return refusalOf(site, await scripts.weirHeld(siteKeys(namespace, site).gate, token))
    },
    async report(visit, visited) {
      const report = { visit, visited, ended: mono() }
      try {
        await tellUntold(visit.site)
        return await tell(report)
      } catch {
        // A site's wish must not be lost with a connection.
        const all = untold.get(visit.site) ?? []
        if (all.length < MAX_UNTOLD) all.push(report)
        untold.set(visit.site, all)
        tellLater()
        return null
      }
    },
    robots: redisRobots(redis, namespace, mono, Math.random),
    async close() {
      if (timer !== null) clearTimeout(timer)
      await Promise.allSettled([...untold.keys()].map(tellUntold))
    },
  }
}

function scripted(redis: Redis): Scripted {
  for (const [name, script] of Object.entries(SCRIPTS)) {
    if ((redis as unknown as Partial<Scripted>)[name as keyof typeof SCRIPTS] === undefined)
      redis.defineCommand(name, script)
  }
  return redis as unknown as Scripted
}

function refusalOf(site: string, reply: unknown[]): Refusal | null {
  if (reply.length === 0) return null
  const reason = reply[0] as Exclude<RefusalReason, 'robots'>
  const [until, now] = [Number(reply[1]), Number(reply[2])]
  const why = String(reply[3])
  const detail = refusalText(site, reason, until - now, why)
  return { go: false, reason, until, busy: reason === 'no_permit' && why === 'busy', detail }
}

/** The longest that may follow from it, ms; throttling without a time is a minute, whoever blocks us longer. */
function longest({ wish, block, coolDown }: Visited): { for: number; until: number } {
  const wished = wish !== null && 'for' in wish ? wish.for : 0
  return {
    for: Math.max(wished, block === null ? 0 : Math.max(60_000, coolDown.longest)),
    until: wish !== null && 'until' in wish ? wish.until : 0,
  }
}

/** `since`: how long ago the site said so, ms. */
function wishArguments(wish: Wish | null, since: number): [string, string] {
  if (wish === null) return ['', '']
  if ('until' in wish) return ['', wish.until.toFixed(0)]
  return [Math.max(0, Math.ceil(wish.for - since)).toFixed(0), '']
}
