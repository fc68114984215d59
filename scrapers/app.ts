/** The scrapers as a program: config and files in, a schedule of runs, events out. Tests run it in process. */
import { hostname } from 'node:os'
import { dirname, resolve } from 'node:path'
import type { Logger } from 'pino'
import {
  type CompiledConfig,
  type FieldEvent,
  type RunEvent,
  connect,
  laneOf,
  loadConfig,
  matchFiles,
  openAnswers,
  openEvidence,
  openHealMemory,
  openTurns,
} from '../engine/index.ts'
import { absenceGaps } from './define/absence-gap.ts'
import { fromCompiled } from './define/check.ts'
import { aimedAt } from './define/collect.ts'
import { createKeeper } from './evidence/keeper.ts'
import { browserMemory } from './http/browser-memory.ts'
import { createHealer } from './heal/healer.ts'
import { retryDelay } from './heal/retry.ts'
import { scraperLoader } from './load/scraper-files.ts'
import { openOutlet } from './outlet.ts'
import { redisExits } from './politeness/exit/redis-exits.ts'
import { redisGate } from './politeness/redis-gate.ts'
import { within } from './pool/browsers.ts'
import { type Pool, openPool } from './pool/pool.ts'
import { run, tell } from './run.ts'
import type { RunWorld } from './run-world.ts'
import { type Scheduled, createSchedule } from './schedule/schedule.ts'
import { createVisits } from './visits.ts'

export interface AppOptions {
  redisUrl: string
  configPath: string
  /** Version of the tool; part of every scraper's version. */
  toolVersion: string
  /** Finds the browser; asked only when a browser scraper is there. */
  chromium: () => Promise<string>
  /** Off: pages run without Chromium's own sandbox, for containers, whose walls it cannot be built within. */
  sandbox?: boolean
  /** Off: no screenshot, page or header of a failure is kept. */
  evidence?: boolean
  /** A directory for events while Redis is away. */
  spool?: string
  /** Rules such as `MAP * 127.0.0.1:8080`. */
  hostRules?: string
  /** A process that is silent for so long is taken for dead, ms. */
  lease?: number
  /** How long visits without a browser may go on where all is to stop, ms. */
  stopGrace?: number
  log: Logger
}

export interface App {
  /** Reads config and scraper files anew. A broken config changes nothing. */
  reload(): Promise<void>
  close(): Promise<void>
}

const HEALTH_MS = 60_000
const GRACE_MS = 700
/** Half of a lease, as nobody renews it meanwhile. */
const STOP_GRACE_MS = 7000
/** Longest time a run waits for its raw answer to be kept. */
const KEEP_MS = 1500
/** How long the start waits for Redis. */
const REACH_MS = 2000
/** Checks and collectors under way at the same time; what waits beyond that, other processes may take. */
const MAX_HTTP = 500
/** Runs of a lane taken in all: nearly all of them may wait for the turns of a few sites. */
const MAX_TAKEN = MAX_HTTP * 10

/** Starts everything. Throws where the config cannot be read. */
export async function startScrapers(options: AppOptions): Promise<App> {
  const { log } = options
  const folder = dirname(resolve(options.configPath))
  const loadFiles = scraperLoader(options.toolVersion)
  const first = await loadConfig(options.configPath)
  const outlet = openOutlet(options.redisUrl, first.namespace, 'scrapers', options.spool)
  const evidence =
    options.evidence === false ? null : openEvidence(options.redisUrl, first.namespace, 'commit')
  const memory = openHealMemory(options.redisUrl, first.namespace)
  const answers = openAnswers(options.redisUrl, first.namespace, 'commit')
  const outcomes: Record<string, number> = {}
  let latest = 0

  const redis = connect(options.redisUrl, 'commit', 'weir-gate')
  // Redis may come later: until then nobody is admitted, and one that is there should know the first run.
  await Promise.race([redis.connect().catch(() => undefined), sleep(REACH_MS)])
  const gate = redisGate(redis, first.namespace, () => performance.now())
  const { env } = process
  const exits = redisExits(redis, first.namespace, {
    env,
    mono: () => performance.now(),
    random: Math.random,
  })
  const visits = createVisits(gate)
  const world: RunWorld = {
    gate,
    exits,
    pool: null,
    now: Date.now,
    sleep,
    publish,
    fits: (stream, row) => outlet.fits(stream, row),
    // Where it cannot be kept, the run goes on all the same.
    keepAnswer: ({ name, keep }, answer) =>
      within(KEEP_MS, answers.keep(name, answer, keep)).catch(() => undefined),
    publishRows: async (stream, rows, origin) => {
      for (const row of rows) report(await outlet.send(stream, row, origin), stream, origin)
    },
    keeper: createKeeper(evidence, Date.now),
    browserMemory: browserMemory(),
    healer: createHealer(memory, {
      now: Date.now,
      gaveUp: (scraper, err) => log.debug({ scraper, err }, 'a page was not healed, and taught nothing'),
    }),
    retry: (attempt) => (visits.stopping ? null : retryDelay(attempt, Math.random())),
    hostsRemapped: options.hostRules !== undefined,
  }
  const schedule = createSchedule({
    turns: openTurns(
      options.redisUrl,
      first.namespace,
      options.lease === undefined ? {} : { lease: options.lease },
    ),
    random: Math.random,
    room: (lane, taken, running) => {
      if (lane === 'http') return Math.min(MAX_HTTP - running + visits.waiting.http, MAX_TAKEN - taken)
      const { workers, parked } = world.pool ?? { workers: 0, parked: 0 }
      // What waits for others of its own site alone keeps no place from those of others: so many may.
      const most = workers * 2 + Math.min(parked, workers * 2)
      return Math.min(most - running + visits.waiting.browser, MAX_TAKEN - taken)
    },
    run: async ({ scraper, version }, turn) => {
      latest = Math.max(latest, turn.lateMs)
      await visits.during(laneOf(scraper.kind), (visiting) =>
        run(scraper, version, { ...world, ...visiting }, turn),
      )
    },
    tell: ({ scraper, version }, unrun) => tell(scraper, version, world, unrun),
    flush: (streams) => outlet.flush(streams),
    about: () => ({
      pid: process.pid,
      host: hostname(),
      rssMb: Math.round(process.memoryUsage.rss() / 1048576),
    }),
    failed: (err, what) => log.error({ err }, what),
  })

  async function publish(event: RunEvent, fields: FieldEvent[]): Promise<void> {
    outcomes[event.outcome] = (outcomes[event.outcome] ?? 0) + 1
    const { scraper, outcome, reason, detail, ms } = event
    log.debug({ scraper, outcome, reason, detail, ms }, 'run')
    const run = event.id ?? `${scraper}@${event.at}`
    const sent = fields.map((row) => outlet.send('fields', { ...row, id: `${run}/${row.field}` }, scraper))
    for (const one of await Promise.all(sent)) report(one, 'fields', scraper)
    report(await outlet.send('runs', { ...event }, scraper), 'runs', scraper)
  }

  function report(sent: { ok: true } | { ok: false; reason: string }, stream: string, scraper: string): void {
    if (!sent.ok) log.warn({ stream, scraper, reason: sent.reason }, 'an event was refused')
  }

  async function filesOf(globs: string[]): Promise<string[]> {
    const found = await Promise.all(globs.map((glob) => matchFiles(glob, folder)))
    for (const [i, files] of found.entries())
      if (files.length === 0) log.error({ glob: globs[i] }, `${globs[i]} matches no file`)
    return [...new Set(found.flat())].toSorted()
  }

  async function apply(config: CompiledConfig): Promise<void> {
    const { scrapers, problems } = await loadFiles(await filesOf(config.scrapers), folder)
    for (const { file, message } of problems) log.error({ file }, message)
    for (const { scraper } of scrapers)
      for (const gap of absenceGaps(scraper)) log.warn({ scraper: scraper.name }, gap)
    const version = `config-${config.hash.slice(0, 7)}`
    const names = new Set(scrapers.map(({ scraper }) => scraper.name))
    const checks: Scheduled[] = config.checks
      .filter(({ name }) => !names.has(name))
      .map((check) => ({ scraper: fromCompiled(check), version }))
    const all = [...scrapers, ...checks].map((each) =>
      each.scraper.kind === 'json' ? { ...each, scraper: aimedAt(each.scraper, config.streams) } : each,
    )
    outlet.use(config.streams)
    for (const problem of exits.use(config.proxies ?? [])) log.error(problem)
    for (const { scraper } of all)
      for (const name of exits.missing(scraper.exit))
        log.error(
          { scraper: scraper.name },
          `no proxy of the config can be used as ${name}: it is not visited`,
        )
    if (world.pool === null && all.some(({ scraper }) => scraper.kind === 'browser'))
      world.pool = await startPool(options)
    const sites = all.flatMap(({ scraper }) => (scraper.kind === 'browser' ? scraper.site : []))
    world.pool?.share(new Set(sites).size > 1)
    schedule.set(all)
    log.info({ scrapers: all.length, problems: problems.length }, 'scrapers scheduled')
  }

  await apply(first)
  const tellHealth = async (): Promise<void> => {
    const { pool } = world
    const spool = await outlet.spooled()
    const proxies = await exits.look().catch(() => ({}))
    log.info(
      {
        runs: { ...outcomes },
        scheduled: schedule.size,
        running: schedule.running,
        missed: schedule.missed,
        latestMs: Math.round(latest),
        pressure: schedule.pressure,
        browsers: pool && (await poolHealth(pool)),
        ...(Object.keys(proxies).length > 0 && { proxies }),
        ...(spool && { spool }),
        rssMb: Math.round(process.memoryUsage.rss() / 1048576),
      },
      'health',
    )
    for (const outcome of Object.keys(outcomes)) delete outcomes[outcome]
    latest = 0
  }
  const health = setInterval(() => void tellHealth(), HEALTH_MS)
  health.unref()

  return {
    async reload() {
      const config = await loadConfig(options.configPath)
      await apply(config)
    },
    async close() {
      clearInterval(health)
      await schedule.stop(GRACE_MS)
      await world.pool?.close(0)
      // A visit that is handed back is one more at its site.
      const lease = options.lease ?? Infinity
      await visits.stop(Math.min(options.stopGrace ?? STOP_GRACE_MS, lease / 2))
      // Runs that have just ended still publish their event.
      await schedule.stop(GRACE_MS)
      const flushed = await outlet.flush(undefined, GRACE_MS).then(
        () => true,
        () => false,
      )
      await schedule.leave(flushed)
      await gate.close()
      redis.disconnect()
      await evidence?.close()
      await memory.close()
      answers.close()
      await outlet.close()
    },
  }
}

async function startPool({ chromium, sandbox, hostRules, log }: AppOptions): Promise<Pool> {
  const pool = await openPool({
    executable: await chromium(),
    ...(sandbox === false && { noSandbox: true }),
    ...(hostRules !== undefined && { hostRules }),
  })
  log.info({ workers: pool.workers }, 'browser pool ready')
  return pool
}

async function poolHealth(pool: Pool): Promise<Record<string, number>> {
  const { busy, waiting, launched, failedLaunches, outgrown, greedyPages } = pool
  const memoryMb = Math.round((await pool.memory()) / 1048576)
  return { busy, waiting, launched, failedLaunches, outgrown, greedyPages, memoryMb }
}

function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms))
}
