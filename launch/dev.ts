/** `weir dev` (read first): everything on this machine in one command, from Redis to the wallboard, in five steps. */
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import {
  appendConfig,
  connect,
  loadConfigWithFiles,
  parseDuration,
  reportProblem,
  WeirError,
  type LoadedConfig,
} from '../engine/index.ts'
import { answers } from './answers.ts'
import { findChromium } from './chromium.ts'
import { keepConfigLive } from './live-config.ts'
import { keepSitesLive } from './live-sites.ts'
import { openLog, type LogFile } from './log-file.ts'
import { ROOT, STATE } from './place.ts'
import { wantedPort } from './port.ts'
import { progress } from './progress.ts'
import { startReaper } from './reaper.ts'
import { provideRedis } from './redis.ts'
import { startRole, type Role, type RoleOptions } from './role.ts'
import { startTorture, type Torture } from './torture/torture.ts'
import { withTorture } from './torture/with-torture.ts'
import { watchParent } from './with-parent.ts'
import { clearWorldData, keepData } from './world-data.ts'
import { HISTORY_HOURS, startWorld } from './world.ts'

const steps = progress(5, 2, (text) => process.stdout.write(text))
const say = (line: string): void => {
  steps.interrupt()
  process.stdout.write(`${line}\n`)
}

/** Two groups and Redis end within 5 s. */
const GRACE_MS = 1900
/** What has been started, in the order in which it is stopped. */
const running = {
  front: [] as Role[],
  back: [] as Role[],
  redis: [] as { stop(): Promise<unknown> }[],
  torture: null as Torture | null,
  ending: new AbortController(),
}

async function main(): Promise<void> {
  const options = readOptions()
  const host = process.env['HOST'] || '127.0.0.1'
  const port = await wantedPort(process.env, host)
  const site = siteOf(host, port)

  const redis = await provideRedis({
    state: options.state,
    ...(options.torture ? { fsync: 'always', empty: true } : {}),
    onInstall: say,
  })
  running.redis.push(redis)
  void redis.ended.then(() =>
    stop(1, `Redis has ended. Its last words are in ${join(options.state, 'redis', 'redis.log')}.`),
  )
  steps.done(redis.title)

  const chromium = await findChromium({ state: STATE, onInstall: say })
  steps.done(`${chromium.version} from ${chromium.source}`)

  const file = resolve(options.config)
  const extend = options.torture ? await withTorture() : (loaded: LoadedConfig) => loaded
  const loaded = extend(await loadConfigWithFiles(file))
  const { namespace } = loaded.config
  const client = connect(redis.url, 'query', 'weir-launch')
  await (options.seed === null ? keepData(client, namespace) : clearWorldData(client, namespace))
  await appendConfig(client, namespace, loaded.config, 'weir dev')
  await reportProblem(client, namespace, null)

  const env: NodeJS.ProcessEnv = {
    ...process.env,
    REDIS_URL: redis.url,
    WEIR_NAMESPACE: namespace,
    WEIR_CONFIG: file,
    WEIR_CHROMIUM: chromium.path,
    PORT: String(port),
    HOST: host,
    WEIR_HOLD_READY: '1',
    WEIR_DELIVER: options.deliver ? '1' : '0',
    WEIR_STOP_GRACE: '0',
  }
  const reaper = startReaper()
  const logPath = (name: string): string => join(options.state, 'log', `${name}.log`)
  const logOf = (name: string): LogFile => openLog(logPath(name))
  const start = (name: string, file: string, more: Partial<RoleOptions> = {}): Role =>
    heed(
      startRole({
        name,
        file: join(ROOT, file),
        env,
        log: logOf(name),
        reaper,
        say,
        essential: true,
        ...more,
      }),
    )

  const engines = options.torture ? ['engine-1', 'engine-2', 'engine-3'] : ['engine']
  for (const name of engines) running.back.push(start(name, 'engine/main.ts'))
  const api: Role = start('api', 'api/main.ts', { onRestart: () => api.send({ type: 'release' }) })
  running.back.push(api)
  await answers(`${site}/healthz`, 'the API', logPath('api'))

  let play = ''
  let sites: NodeJS.ProcessEnv = {}
  if (options.seed === null) steps.done('no example world')
  else {
    steps.begin(`${HISTORY_HOURS} hours of history`)
    const eventsTo = `${site}/v1/events`
    const world = await startWorld({ seed: options.seed, eventsTo, env, log: logOf('world'), reaper, say })
    running.front.push(world.role)
    const past = await world.sendHistory()
    play = past.play
    sites = world.env
    steps.done(`${past.events.toLocaleString('en')} events`)
  }

  api.send({ type: 'release' })
  const scrapers = start('scrapers', 'scrapers/main.ts', {
    env: { ...env, ...sites },
    // They read the config file themselves: one that is bad just now may be mended.
    essential: false,
  })
  running.front.push(scrapers)
  const reload = (): void => scrapers.send({ type: 'reload' })
  const sitesOf = await keepSitesLive(file, loaded.config.scrapers, reload, say)
  const onPublished = (globs: string[]): void => {
    reload()
    sitesOf(globs).catch((error: unknown) => say(`The scrapers' files are not watched: ${String(error)}`))
  }
  keepConfigLive({ file, redis: client, current: loaded, env: process.env, extend, onPublished, say })
  await answers(`${site}/readyz`, 'the API', logPath('api'))
  steps.done(`wallboard on ${site}`)
  if (play !== '') say(`\n${play}`)
  if (!options.torture) return

  const parts = [...running.back, scrapers]
  const { state, forMs } = options
  const begin = (name: string, program: string, more: Partial<RoleOptions>): Role =>
    start(name, `launch/torture/${program}`, more)
  const torture = startTorture({ state, seed: Number(options.seed) || 1, redis, parts, start: begin, say })
  running.torture = torture
  running.front.push(...torture.roles)
  say('\nTorture: every five seconds one process is killed with SIGKILL. Ctrl-C ends it.')
  const over = forMs === null ? [] : [AbortSignal.timeout(forMs)]
  await torture.run(AbortSignal.any([running.ending.signal, ...over]))
  if (stopping > 0) return
  await torture.settle()
  await stop(0)
}

interface Options {
  seed: string | null
  deliver: boolean
  config: string
  torture: boolean
  /** How long the torture lasts, ms; null: until Ctrl-C. */
  forMs: number | null
  /** Where this start keeps what it makes: torture has a folder of its own, and harms nobody's data. */
  state: string
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      world: { type: 'string', default: '1' },
      'no-world': { type: 'boolean', default: false },
      deliver: { type: 'boolean', default: false },
      config: { type: 'string', default: process.env['WEIR_CONFIG'] || join(ROOT, 'streams.config.ts') },
      torture: { type: 'boolean', default: false },
      for: { type: 'string' },
    },
  })
  const { deliver, config, torture } = values
  const forMs = values.for === undefined ? null : parseDuration(values.for)
  if (values.for !== undefined && (forMs === null || !torture))
    throw setupError(`--for ${values.for}`, 'this is no length of a torture.', 'Such as: --torture --for 2m')
  if (torture && process.env['REDIS_URL'])
    throw setupError('REDIS_URL', 'torture kills Redis, and takes one of its own only.', 'Unset REDIS_URL.')
  const state = torture ? join(STATE, 'torture') : STATE
  return { seed: values['no-world'] ? null : values.world, deliver, config, torture, forMs, state }
}

/** Where a browser of this machine finds the API. */
function siteOf(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}

/** A part that cannot even start ends everything, with its reason. */
function heed(role: Role): Role {
  role.started.catch(fail)
  return role
}

function setupError(where: string, message: string, todo: string): WeirError {
  return new WeirError(message, { code: 'WEIR_SETUP', domain: 'user', retry: false, where, todo })
}

let stopping = 0
async function stop(code: number, why?: string): Promise<void> {
  if (stopping > 0) return
  stopping = performance.now()
  running.ending.abort()
  if (why) say(why)
  // What makes events ends before what counts them, and Redis ends last.
  for (const group of [running.front, running.back])
    await Promise.all(group.map((role) => role.stop(GRACE_MS)))
  await Promise.all(running.redis.map((redis) => redis.stop()))
  const result = running.torture?.result()
  if (result) say(result.line)
  process.exit(code || (result?.exact === false ? 1 : 0))
}

const onSignal = (): void => {
  if (stopping === 0) {
    say('Stopping …')
    return void stop(0)
  }
  // Who asks again is in a hurry: the children end with their channel, Redis with its guard. (npm passes Ctrl-C on,
  // so that the first one comes twice.)
  if (performance.now() - stopping > 1000) process.exit(130)
}
process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onSignal)
watchParent(onSignal)

function fail(error: unknown): Promise<void> {
  // While everything stops, what breaks is no news.
  if (stopping > 0) return Promise.resolve()
  const why =
    error instanceof WeirError
      ? error.explain()
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error)
  steps.interrupt()
  process.stderr.write(`${why}\n`)
  return stop(1)
}
main().catch(fail)
