/** A real Redis (or Valkey) server of a test's own: free port, own folder, can be killed, paused and restarted. */
import { spawn, type ChildProcess } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

export interface TestRedisOptions {
  /** When appended commands reach the disk; `always` loses nothing in a power cut. Default `everysec`. */
  fsync?: 'everysec' | 'always'
  /** More arguments for the server, such as `['--maxmemory', '20mb']`. */
  args?: string[]
  /** Path of the server program; default: the first of redis-server and valkey-server on the PATH. */
  program?: string
}

export interface TestRedis {
  readonly url: string
  readonly port: number
  /** Of the server that runs now, or ran last. */
  readonly pid: number
  /** SIGKILL, as in a crash; resolves when it is gone. */
  kill(): Promise<void>
  /** Starts the server again on the same port and folder (kills it first if it still runs). */
  restart(): Promise<void>
  /** SIGSTOP: the server answers nothing, connections stay open. */
  pause(): void
  /** SIGCONT. */
  resume(): void
  /** Kills the server and deletes its folder. */
  stop(): Promise<void>
}

const READY = 'Ready to accept connections'
const START_MS = 10_000

/** Starts a server and resolves when it answers. Rejects with one clear line where there is no server program. */
export async function startRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  const program = options.program ?? serverOnPath()
  const dir = await mkdtemp(join(tmpdir(), 'weir-redis-'))
  let port = 0
  const launch = (): Promise<Running> => run(program, serverArgs(port, dir, options), dir)

  let running: Running | undefined
  for (let attempt = 1; running === undefined; attempt++) {
    port = await freePort()
    // Another process may take the port between asking and binding.
    running = await launch().catch((error: unknown) => {
      if (attempt === 3) throw error
      return undefined
    })
  }
  let current = running

  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    get pid() {
      return current.pid
    },
    kill: () => current.kill(),
    restart: async () => {
      await current.kill()
      current = await launch()
    },
    pause: () => void process.kill(current.pid, 'SIGSTOP'),
    resume: () => void process.kill(current.pid, 'SIGCONT'),
    stop: async () => {
      await current.kill()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

interface Running {
  pid: number
  kill(): Promise<void>
}

async function run(program: string, args: string[], dir: string): Promise<Running> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: dir })
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()))
  await ready(child, program)
  const pid = child.pid!
  const reaper = startReaper(pid, dir)
  void gone.then(() => reaper.kill('SIGKILL'))
  child.unref()
  for (const pipe of [child.stdout, child.stderr]) (pipe as unknown as { unref(): void }).unref()
  return {
    pid,
    kill: () => {
      child.kill('SIGKILL')
      child.ref()
      return gone
    },
  }
}

/** Kills the server and deletes its folder when this process dies, however it dies: its end of the pipe closes. */
function startReaper(pid: number, dir: string): ChildProcess {
  const script = 'cat >/dev/null; kill -9 "$1" 2>/dev/null; rm -rf "$2"'
  const reaper = spawn('sh', ['-c', script, 'reaper', String(pid), dir], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  reaper.unref()
  ;(reaper.stdin as unknown as { unref(): void }).unref()
  return reaper
}

function ready(child: ChildProcess, program: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = ''
    const fail = (why: string): void => {
      clearTimeout(timer)
      child.kill('SIGKILL')
      reject(new Error(`${program} ${why}.\n${output.trim()}`))
    }
    const timer = setTimeout(() => fail(`was not ready within ${START_MS / 1000} s`), START_MS)
    const read = (chunk: Buffer): void => {
      // Keeps reading after the start, so that the pipe never fills up and blocks the server.
      output = (output + String(chunk)).slice(-4000)
      if (!output.includes(READY)) return
      clearTimeout(timer)
      resolve()
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('error', (error) => fail(`did not start: ${error.message}`))
    child.once('exit', (code, signal) => fail(`ended at once (${signal ?? code})`))
  })
}

function serverArgs(
  port: number,
  dir: string,
  { fsync = 'everysec', args = [] }: TestRedisOptions,
): string[] {
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir]
  return [...place, '--save', '', '--appendonly', 'yes', '--appendfsync', fsync, ...args]
}

function serverOnPath(): string {
  for (const name of ['redis-server', 'valkey-server'])
    for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
      const path = join(folder, name)
      try {
        accessSync(path, constants.X_OK)
        return path
      } catch {
        // Not here: try the next folder.
      }
    }
  throw new Error(
    'Tests need redis-server or valkey-server on the PATH, and neither is there. Install one (apt install redis-server, brew install redis), or run `npm test`, which does.',
  )
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
