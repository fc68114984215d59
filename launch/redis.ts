/** The Redis that Weir works with: the one of REDIS_URL, else one of our own in the project's folder. */
import { mkdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, hostOf, reach, WeirError } from '../engine/index.ts'
import { systemInstaller, type Installer } from './debian.ts'
import { findProgram } from './find-program.ts'
import { startGuarded, type Guarded } from './guarded.ts'
import { isAlive, takeLock } from './lock.js'
import { freePort } from './port.ts'

export interface ProvidedRedis {
  readonly url: string
  /** For people, without credentials: `Redis 7.0.15 on 127.0.0.1:41233`. */
  readonly title: string
  /** Whether we started it. */
  readonly own: boolean
  /** Resolves when a server of our own has ended by itself; never for another's. */
  readonly ended: Promise<unknown>
  /** SIGKILL to a server of our own, and a new one in its place; resolves when that one answers. */
  kill(): Promise<void>
  stop(): Promise<void>
}

export interface RedisOptions {
  /** Our own server keeps its data in the folder `redis` of this one. */
  state: string
  env?: NodeJS.ProcessEnv
  installer?: Installer
  /** For a server of our own: `always` writes to disk before it answers. Default: `everysec`. */
  fsync?: 'always' | 'everysec'
  /** Whether a server of our own begins without data. */
  empty?: boolean
  /** Told before something is installed. */
  onInstall?: (line: string) => void
}

const SERVERS = ['redis-server', 'valkey-server']
/** Loading a large AOF takes its time. */
const START_MS = 60_000

/** Rejects with WEIR_SETUP: where, what, and what to do. */
export async function provideRedis(options: RedisOptions): Promise<ProvidedRedis> {
  const env = options.env ?? process.env
  const url = env['REDIS_URL']
  if (url === undefined || url === '') return startOwn(options)
  return {
    url,
    title: `${await version(url)} on ${hostOf(url)} (REDIS_URL)`,
    own: false,
    ended: new Promise(() => undefined),
    kill: () => Promise.reject(new Error('this Redis is not ours to kill')),
    stop: () => Promise.resolve(),
  }
}

/** Path of a server program, obtained first where that is possible. */
export async function obtainServer(options: Omit<RedisOptions, 'state'> = {}): Promise<string> {
  const env = options.env ?? process.env
  const there = findProgram(SERVERS, env['PATH'])
  if (there !== null) return there
  const installer = options.installer ?? systemInstaller(env)
  if (installer.refusal === null) {
    options.onInstall?.('No redis-server here: installing the package redis-server with apt-get …')
    await installer.install(['redis-server'])
    const installed = findProgram(SERVERS, `${env['PATH']}:/usr/bin`)
    if (installed !== null) return installed
  }
  throw setupError(
    'PATH',
    `there is no redis-server or valkey-server, and none can be installed (${installer.refusal ?? 'apt-get brought none'}).`,
    `
  Debian, Ubuntu:  sudo apt-get install redis-server
  macOS:           brew install redis
  Docker:          docker run -d -p 6379:6379 redis:8   and then   export REDIS_URL=redis://127.0.0.1:6379
Then start again.`,
  )
}

async function startOwn(options: RedisOptions): Promise<ProvidedRedis> {
  const program = await obtainServer(options)
  const dir = join(options.state, 'redis')
  const holder = takeLock(join(options.state, 'lock'))
  if (holder !== 0)
    throw setupError(
      options.state,
      `weir already runs in this folder (process ${holder}).`,
      `Stop it with Ctrl-C or kill ${holder}, or give this one another folder: WEIR_DIR=.weir-2`,
    )
  mkdirSync(dir, { recursive: true })
  await endOrphan(dir)
  if (options.empty) {
    rmSync(dir, { recursive: true, force: true })
    mkdirSync(dir)
  }
  const port = await freePort()
  const url = `redis://127.0.0.1:${port}`
  let killing = false
  let ended: (code: number) => void = () => undefined
  const over = new Promise<number>((resolve) => (ended = resolve))
  const start = async (): Promise<Guarded> => {
    const guarded = await startGuarded(program, serverArgs(port, dir, options.fsync ?? 'everysec'))
    const failed = guarded.ended.then((code): never => {
      throw setupError(
        join(dir, 'redis.log'),
        `${program} ended at once with code ${code}.`,
        `Its last words: ${lastLines(join(dir, 'redis.log'))}`,
      )
    })
    await Promise.race([answering(url), failed])
    failed.catch(() => undefined)
    void guarded.ended.then((code) => killing || ended(code))
    return guarded
  }
  let server = await start()
  return {
    url,
    title: `${await version(url)} on ${hostOf(url)}`,
    own: true,
    ended: over,
    kill: async () => {
      killing = true
      process.kill(server.pid, 'SIGKILL')
      await server.ended
      // A client that connected to itself may hold the port for a moment.
      server = await start().catch(start)
      killing = false
    },
    stop: () => server.stop(),
  }
}

function serverArgs(port: number, dir: string, fsync: 'always' | 'everysec'): string[] {
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir]
  const files = ['--pidfile', join(dir, 'redis.pid'), '--logfile', join(dir, 'redis.log')]
  const safety = ['--appendonly', 'yes', '--appendfsync', fsync, '--maxmemory-policy', 'noeviction']
  return [...place, ...files, ...safety, '--save', '', '--daemonize', 'no']
}

/** Two servers on one folder would ruin its data: one that outlived even its guard is ended first. */
async function endOrphan(dir: string): Promise<void> {
  const pid = Number(read(join(dir, 'redis.pid')))
  // The pid may be another server's by now: ours works in this folder.
  if (!(pid > 0) || !/redis-server|valkey-server/.test(read(`/proc/${pid}/cmdline`))) return
  if (folderOf(pid) !== realpathSync(dir)) return
  process.kill(pid, 'SIGTERM')
  for (let waited = 0; isAlive(pid); waited += 100) {
    if (waited > 5000)
      throw setupError(dir, `a server of an earlier start still runs (process ${pid}).`, `Type: kill ${pid}`)
    await sleep(100)
  }
}

async function answering(url: string): Promise<void> {
  const deadline = Date.now() + START_MS
  while (!(await alive(url))) {
    if (Date.now() > deadline) throw setupError(hostOf(url), 'Redis does not answer.', 'Start again.')
    await sleep(25)
  }
}

async function alive(url: string): Promise<boolean> {
  return version(url).then(
    () => true,
    () => false,
  )
}

/** `Redis 7.0.15` or `Valkey 8.1.0`. */
async function version(url: string): Promise<string> {
  const redis = connect(url, 'commit', 'weir-launch')
  try {
    await reach(redis, url).catch((error: Error) => {
      throw error.cause ?? error
    })
    const info = await redis.info('server')
    const field = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
    const valkey = field('valkey_version')
    const found = field('redis_version') ?? '0'
    if (valkey === undefined && Number(found.split('.')[0]) < 7)
      throw setupError(
        hostOf(url),
        `Redis ${found} is too old.`,
        'Weir needs Redis 7.0 or Valkey 7.2, or newer.',
      )
    return valkey === undefined ? `Redis ${found}` : `Valkey ${valkey}`
  } catch (error) {
    if (error instanceof WeirError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw setupError(
      `REDIS_URL ${hostOf(url)}`,
      `no Redis answers there (${why}).`,
      'Start it, correct REDIS_URL, or unset REDIS_URL and weir starts one of its own.',
    )
  } finally {
    redis.disconnect()
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function folderOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return null
  }
}

function lastLines(file: string): string {
  return read(file).trim().split('\n').slice(-3).join('\n  ')
}

function setupError(where: string, message: string, todo: string): WeirError {
  return new WeirError(message, { code: 'WEIR_SETUP', domain: 'user', retry: false, where, todo })
}
