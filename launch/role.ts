/** One part of Weir as a child process: its messages, its log, its restarts with back-off, its end. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { WeirError } from '../engine/index.ts'
import type { LogFile } from './log-file.ts'
import type { Reaper } from './reaper.ts'

export interface RoleOptions {
  name: string
  /** The program's file. */
  file: string
  /** Arguments of the n-th start, counted from 0. */
  args?: (starts: number) => string[]
  env: NodeJS.ProcessEnv
  log: LogFile
  /** One that cannot even start once is not started again: `started` rejects. */
  essential?: boolean
  /** Sees to it that the role does not outlive us. */
  reaper: Reaper
  /** Told to people: output that is no log line, errors, restarts. */
  say: (line: string) => void
  onMessage?: (message: unknown) => void
  /** After each restart, when messages may be sent. */
  onRestart?: () => void
}

export interface Role {
  readonly name: string
  readonly pid: number | undefined
  /** Resolves with its first message. An essential one rejects with WEIR_SETUP when it ends before that. */
  readonly started: Promise<void>
  send(message: object): void
  /** SIGKILL to it and what it started; it starts again at once, and nobody is told. */
  kill(): void
  /** SIGTERM, after `graceMs` SIGKILL. Resolves when it is gone; it is not started again. */
  stop(graceMs: number): Promise<void>
}

const TETHER = new URL('./tether.js', import.meta.url).href
/** Found from here: `weir` may be started in any folder. */
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 15_000
/** Who ran this long before it crashed starts with the shortest wait again. */
const HEALTHY_MS = 60_000
/** pino's number for `error`. */
const ERROR_LEVEL = 50

export function startRole(options: RoleOptions): Role {
  const { name, say } = options
  let child: ChildProcess
  let stopping = false
  let killed = false
  let starts = 0
  let wait = FIRST_WAIT_MS
  let timer: NodeJS.Timeout | undefined
  let reported = false
  let report: { done: () => void; failed: (error: WeirError) => void }
  const started = new Promise<void>((done, failed) => (report = { done, failed }))
  started.catch(() => undefined)
  /** Whoever crashes the same way again and again says why once. */
  let lastTrace = ''

  const start = (): void => {
    const since = Date.now()
    child = fork(options.file, options.args?.(starts) ?? [], {
      env: options.env,
      execArgv: ['--import', TETHER, '--import', TSX],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Ctrl-C reaches the launcher alone, which stops its roles in order.
      detached: true,
    })
    const { pid } = child
    if (pid !== undefined) options.reaper.add(pid)
    child.on('message', (message) => {
      reported = true
      report.done()
      options.onMessage?.(message)
    })
    const lastWords: string[] = []
    onLines(child.stdout, (line) => sayLine(line, options))
    onLines(child.stderr, (line) => {
      options.log.write(line)
      lastWords.push(line)
      if (lastWords.length > 12) lastWords.shift()
    })
    child.on('error', (error) => say(`${name}: ${error.message}`))
    // `close` comes after the last line of output.
    child.once('close', (code, signal) => {
      if (pid !== undefined) options.reaper.remove(pid)
      if (stopping) return
      if (killed) {
        killed = false
        return restart()
      }
      const trace = lastWords.join('\n').trim()
      if (trace !== '' && trace !== lastTrace) say(trace)
      lastTrace = trace
      const how = signal ?? `code ${code}`
      if (options.essential && !reported) return report.failed(neverStarted(name, how, options.log.path))
      if (Date.now() - since > HEALTHY_MS) wait = FIRST_WAIT_MS
      say(`${name} ended (${how}); it starts again in ${wait / 1000} s. Log: ${options.log.path}`)
      timer = setTimeout(restart, wait)
      wait = Math.min(wait * 2, LONGEST_WAIT_MS)
    })
    starts++
  }
  const restart = (): void => {
    start()
    options.onRestart?.()
  }
  start()

  return {
    name,
    started,
    get pid() {
      return child.pid
    },
    send: (message) => {
      if (child.connected) child.send(message, () => undefined)
    },
    kill() {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
      killed = true
      // Its group is its own: what it has started must not hold its outputs open.
      process.kill(-child.pid, 'SIGKILL')
    },
    async stop(graceMs) {
      stopping = true
      clearTimeout(timer)
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      const kill = setTimeout(() => child.kill('SIGKILL'), graceMs)
      await gone
      clearTimeout(kill)
    },
  }
}

function neverStarted(name: string, how: string, log: string): WeirError {
  return new WeirError(`it ended (${how}) before it was ready.`, {
    code: 'WEIR_SETUP',
    domain: 'internal',
    retry: false,
    where: name,
    todo: `Its log: ${log}`,
  })
}

function onLines(input: Readable | null, hear: (line: string) => void): void {
  if (input) createInterface({ input }).on('line', hear)
}

/** Log lines go to the file; errors among them, and whatever is no log line, also to people. */
function sayLine(line: string, { name, log, say }: RoleOptions): void {
  log.write(line)
  const entry = parsed(line)
  if (entry === null) say(line)
  else if (entry.level >= ERROR_LEVEL) say(`${name}: ${entry.text}`)
}

/** A line of pino, or null. */
function parsed(line: string): { level: number; text: string } | null {
  if (!line.startsWith('{"level"')) return null
  try {
    const { level, msg, err } = JSON.parse(line) as {
      level: unknown
      msg?: unknown
      err?: { message?: unknown }
    }
    if (typeof level !== 'number') return null
    return { level, text: [msg, err?.message].filter((part) => typeof part === 'string').join(': ') }
  } catch {
    return null
  }
}
