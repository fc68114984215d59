/**
 * One chaos run of the scrapers: processes, browsers and Redis are killed while runs are due, and in the end an oracle
 * asks of each due time how it ended. Nothing here depends on how fast anything is.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '../../../engine/index.ts'
import { findChromium } from '../../../launch/chromium.ts'
import { startRedis } from '../../harness/redis.ts'
import { type Member, startMember } from '../fleet.ts'
import { seeded } from '../random.ts'
import { Havoc, type Tally, type Trouble, troubles } from '../trouble.ts'
import { killBrowser, processesIn } from './browsers.ts'
import { type Findings, RunsOracle } from './oracle.ts'
import { CRON_MS, type Fleet, startSite } from './site.ts'

export interface ScraperChaosOptions {
  seed: number
  /** It ends when so many due times have passed, and so many browsers were killed. */
  runs: number
  browserKills: number
  processes: number
  /** Lease of a process, ms. */
  lease: number
  /** Mean time between two troubles, and between two kills of a browser, ms. */
  gap: number
  browserGap: number
  fleet: Fleet
  /** Troubles other than the schedule of the seed. */
  troubles?: Iterable<Trouble>
  say: (line: string) => void
}

export interface ScraperChaosResult extends Findings {
  tally: Tally
  browserKills: number
  /** Browsers that outlived their process. */
  orphans: number
  seconds: number
  line: string
}

const LOG = 'chaos:{runs.0}:log'
const SETTLE_MS = 90_000

export async function scraperChaos(options: ScraperChaosOptions): Promise<ScraperChaosResult> {
  const { seed, fleet, say } = options
  const begun = performance.now()
  const ends: (() => unknown)[] = []
  const folder = await mkdtemp(join(tmpdir(), 'weir-chaos-'))
  try {
    const server = await startRedis({ fsync: 'always' })
    ends.push(() => server.stop())
    const site = await startSite(folder, fleet)
    ends.push(() => site.close())
    const redis = connect(server.url, 'query', 'oracle')
    ends.push(() => redis.disconnect())
    const members = await startMembers(options, server.port, folder)
    ends.push(() => Promise.all(members.map((member) => member.stop())))

    const oracle = new RunsOracle()
    const every = grids(fleet)
    const havoc = new Havoc(server, members, [], say)
    const stop = new AbortController()
    // Before that there is nothing to disturb.
    while (!oracle.reached([...every.keys()], 0)) {
      await sleep(100)
      await oracle.follow(redis, LOG)
    }
    let browserKills = 0
    const killBrowsers = async (): Promise<void> => {
      const random = seeded(seed ^ 0xb205e5)
      while (!stop.signal.aborted) {
        await pause(options.browserGap * random.between(0.3, 1.7), stop.signal)
        if (!stop.signal.aborted && (await killBrowser(folder, random.next()))) browserKills += 1
      }
    }
    const schedule = options.troubles ?? withRedis(troubles(seed, options.gap))
    let pending = options.troubles !== undefined
    const trouble = Promise.all([
      havoc.run(schedule, () => Infinity, stop.signal).finally(() => (pending = false)),
      killBrowsers(),
    ])
    while (pending || oracle.events < options.runs || browserKills < options.browserKills) {
      await sleep(250)
      // In between Redis is away.
      await oracle.follow(redis, LOG).catch(() => undefined)
    }
    stop.abort()
    await trouble
    say(`${oracle.events} runs, ${browserKills} browsers killed: quiet now`)
    const [now] = await redis.time()
    const horizon = Number(now) * 1000
    const deadline = performance.now() + SETTLE_MS
    while (!oracle.reached([...every.keys()], horizon) && performance.now() < deadline) {
      await sleep(250)
      await oracle.follow(redis, LOG)
    }
    await Promise.all(members.map((member) => member.stop()))
    await oracle.follow(redis, LOG)
    const found = oracle.judge(every, horizon)
    const orphans = await orphansIn(folder)
    const seconds = Math.round((performance.now() - begun) / 1000)
    const result = { ...found, tally: havoc.tally, browserKills, orphans, seconds }
    return { ...result, line: lineOf(result) }
  } finally {
    for (const end of ends.toReversed()) await end()
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
}

async function startMembers(
  options: ScraperChaosOptions,
  redisPort: number,
  folder: string,
): Promise<Member[]> {
  const { path } = await findChromium()
  const env = (redisUrl: string): Record<string, string> => ({
    REDIS_URL: redisUrl,
    WEIR_CONFIG: join(folder, 'streams.config.ts'),
    WEIR_CHROMIUM: path,
    CHAOS_LEASE: String(options.lease),
    TMPDIR: folder,
    LOG_LEVEL: 'error',
  })
  return Promise.all(
    Array.from({ length: options.processes }, (_, i) =>
      startMember({
        name: `scrapers-${i}`,
        program: 'test/chaos/scrapers/member.ts',
        redisPort,
        env,
        onReady: () => undefined,
        onMessage: () => undefined,
      }),
    ),
  )
}

/** Every fifth trouble kills Redis: left to chance, that may not come in a short run. */
function* withRedis(schedule: Iterable<Trouble>): Generator<Trouble> {
  let n = 0
  for (const trouble of schedule) {
    n += 1
    yield n % 5 === 2 ? { ...trouble, kind: 'killRedis' } : trouble
  }
}

function grids({ pages, checks, pageEvery, checkEvery }: Fleet): Map<string, number> {
  const named = (name: string, count: number, every: number): [string, number][] =>
    Array.from({ length: count }, (_, i) => [`${name}-${i}`, every])
  return new Map([
    ...named('page', pages, pageEvery),
    ...named('check', checks, checkEvery),
    ...named('cron', 5, CRON_MS),
  ])
}

/** Those whose process was just killed need a moment to see it. */
async function orphansIn(folder: string): Promise<number> {
  for (let waited = 0; waited < 8000; waited += 250) {
    if ((await processesIn(folder)).length === 0) return 0
    await sleep(250)
  }
  return (await processesIn(folder)).length
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return sleep(ms, undefined, { signal }).catch(() => undefined)
}

function lineOf(result: Omit<ScraperChaosResult, 'line'>): string {
  const { runs, lost, doubled, repeated, tally, browserKills, orphans, late } = result
  const p99 = late[Math.floor(late.length * 0.99)] ?? 0
  return [
    `${runs} runs due: lost ${lost.length}, doubled ${doubled.length}`,
    `${repeated} told again and counted once`,
    `${tally.kills} processes, ${browserKills} browsers and Redis ${tally.redisKills} times killed, ${tally.freezes} frozen`,
    `${orphans} processes of browsers left behind, p99 of late starts ${p99} ms`,
  ].join('; ')
}
