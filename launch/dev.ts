/** `weir dev` (read first): everything on this machine in one command, from Redis to the wallboard, in five steps. */
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { appendConfig, connect, loadConfigWithFiles, reportProblem, WeirError } from '../engine/index.ts'
import { answers } from './answers.ts'
import { findChromium } from './chromium.ts'
import { keepConfigLive } from './live-config.ts'
import { keepSitesLive } from './live-sites.ts'
import { openLog } from './log-file.ts'
import { ROOT, STATE } from './place.ts'
import { wantedPort } from './port.ts'
import { progress } from './progress.ts'
import { startReaper } from './reaper.ts'
import { provideRedis } from './redis.ts'
import { startRole, type Role } from './role.ts'
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
const running = { front: [] as Role[], back: [] as Role[], redis: [] as { stop(): Promise<unknown> }[] }

async function main(): Promise<void> {
  const options = readOptions()
  const host = process.env['HOST'] || '127.0.0.1'
  const port = await wantedPort(process.env, host)
  const site = siteOf(host, port)

  const redis = await provideRedis({ state: STATE, onInstall: say })
  running.redis.push(redis)
  void redis.ended.then(() =>
    stop(1, `Redis has ended. Its last words are in ${join(STATE, 'redis', 'redis.log')}.`),
  )
  steps.done(redis.title)

  const chromium = await findChromium({ state: STATE, onInstall: say })
  steps.done(`${chromium.version} from ${chromium.source}`)

  const file = resolve(options.config)
  const loaded = await loadConfigWithFiles(file)
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
  }
  const reaper = startReaper()
  const part = (name: string, more: NodeJS.ProcessEnv = {}, onRestart?: () => void): Role =>
    heed(
      startRole({
        name,
        file: join(ROOT, name, 'main.ts'),
        env: { ...env, ...more },
        log: logOf(name),
        reaper,
        say,
        onRestart,
        // Scrapers read the config file themselves: one that is bad just now may be mended.
        essential: name !== 'scrapers',
      }),
    )

  running.back.push(part('engine'))
  const api: Role = part('api', {}, () => api.send({ type: 'release' }))
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
  const scrapers = part('scrapers', sites)
  running.front.push(scrapers)
  const reload = (): void => scrapers.send({ type: 'reload' })
  const sitesOf = await keepSitesLive(file, loaded.config.scrapers, reload, say)
  const onPublished = (globs: string[]): void => {
    reload()
    sitesOf(globs).catch((error: unknown) => say(`The scrapers' files are not watched: ${String(error)}`))
  }
  keepConfigLive({ file, redis: client, current: loaded, env: process.env, onPublished, say })
  await answers(`${site}/readyz`, 'the API', logPath('api'))
  steps.done(`wallboard on ${site}`)
  if (play !== '') say(`\n${play}`)
}

function readOptions(): { seed: string | null; deliver: boolean; config: string } {
  const { values } = parseArgs({
    options: {
      world: { type: 'string', default: '1' },
      'no-world': { type: 'boolean', default: false },
      deliver: { type: 'boolean', default: false },
      config: { type: 'string', default: process.env['WEIR_CONFIG'] || join(ROOT, 'streams.config.ts') },
    },
  })
  return { seed: values['no-world'] ? null : values.world, deliver: values.deliver, config: values.config }
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

function logPath(name: string): string {
  return join(STATE, 'log', `${name}.log`)
}

function logOf(name: string): ReturnType<typeof openLog> {
  return openLog(logPath(name))
}

let stopping = 0
async function stop(code: number, why?: string): Promise<void> {
  if (stopping > 0) return
  stopping = performance.now()
  if (why) say(why)
  // What makes events ends before what counts them, and Redis ends last.
  for (const group of [running.front, running.back])
    await Promise.all(group.map((role) => role.stop(GRACE_MS)))
  await Promise.all(running.redis.map((redis) => redis.stop()))
  process.exit(code)
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
