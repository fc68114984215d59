/** The processes of a chaos run: each behind a proxy of its own, and started again whenever it was killed. */
import { fork, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ROOT } from '../harness/role.ts'
import { type TcpProxy, startTcpProxy } from '../harness/tcp-proxy.ts'

/** How long a process may take until it says that it is ready, on a busy machine; then it is killed and tried again. */
const READY_MS = 60_000
/** Longest output kept of all lives of one member. */
const OUTPUT = 400_000

export interface Member {
  readonly name: string
  readonly proxy: TcpProxy
  /** Whether it is up and running, neither starting nor frozen. */
  readonly up: boolean
  /** What it wrote in all its lives, the newest. */
  output(): string
  /** SIGKILL; it comes back after `rest` ms. */
  kill(rest: number): void
  /** SIGSTOP for `ms`. */
  freeze(ms: number): void
  say(message: unknown): void
  /** Ends it for good. */
  stop(): Promise<void>
}

export interface MemberOptions {
  name: string
  /** Path of the program below the root. */
  program: string
  redisPort: number
  env: (redisUrl: string) => Record<string, string>
  /** Told of every new life, once it is ready. */
  onReady: (member: Member, redisUrl: string) => void
  onMessage: (message: unknown) => void
}

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export async function startMember(options: MemberOptions): Promise<Member> {
  const proxy = await startTcpProxy(options.redisPort)
  const redisUrl = `redis://127.0.0.1:${proxy.port}`
  let child: ChildProcess | null = null
  let state: 'starting' | 'up' | 'frozen' | 'stopped' = 'starting'
  let said = ''

  const live = async (): Promise<void> => {
    while (state !== 'stopped') {
      state = 'starting'
      const mine = fork(fileURLToPath(new URL(options.program, `file://${ROOT}`)), [], {
        cwd: ROOT,
        env: { ...process.env, LOG_LEVEL: 'info', ...options.env(redisUrl) },
        execArgv: ['--import', 'tsx'],
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      })
      child = mine
      running.add(mine)
      const keep = (chunk: Buffer): void => void (said = (said + String(chunk)).slice(-OUTPUT))
      mine.stdout?.on('data', keep)
      mine.stderr?.on('data', keep)
      mine.on('error', () => undefined)
      const slow = setTimeout(() => mine.kill('SIGKILL'), READY_MS)
      mine.on('message', (message: { type: string }) => {
        if (message.type !== 'ready') return options.onMessage(message)
        clearTimeout(slow)
        if (state === 'starting') state = 'up'
        options.onReady(member, redisUrl)
      })
      await once(mine, 'exit')
      clearTimeout(slow)
      running.delete(mine)
      // Ended by itself (Redis was away when it started), or killed: either way it comes back.
      await sleep(rest)
      rest = 300
    }
  }
  let rest = 300

  const member: Member = {
    name: options.name,
    proxy,
    get up() {
      return state === 'up'
    },
    output: () => said,
    kill: (pause) => {
      rest = pause
      state = 'starting'
      child?.kill('SIGKILL')
    },
    freeze: (ms) => {
      const mine = child!
      state = 'frozen'
      mine.kill('SIGSTOP')
      // Should we die meanwhile, it still wakes, sees that we are gone, and ends.
      const waker = spawn('sh', ['-c', 'sleep 12; kill -CONT "$0" 2>/dev/null', String(mine.pid)], {
        detached: true,
        stdio: 'ignore',
      })
      waker.unref()
      setTimeout(() => {
        waker.kill('SIGKILL')
        mine.kill('SIGCONT')
        if (child === mine && state === 'frozen') state = 'up'
      }, ms)
    },
    say: (message) => void child?.send(message as object, () => undefined),
    stop: async () => {
      state = 'stopped'
      const gone =
        child !== null && child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null
      child?.kill('SIGKILL')
      await gone
      await proxy.stop()
    },
  }
  void live()
  return member
}
