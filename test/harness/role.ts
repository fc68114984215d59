/** One part of Weir as a real process for tests: started, waited for, killed for real. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface TestRole {
  readonly pid: number
  /** What it said when it was ready. */
  readonly ready: { port?: number }
  /** All it wrote, for failures. */
  output(): string
  /** Sends a signal (default SIGTERM) and waits until it is gone. */
  stop(signal?: NodeJS.Signals): Promise<void>
}

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** `part`: engine, api or scrapers. Rejects with its output if it ends before it is ready. */
export async function startRole(part: string, env: Record<string, string>): Promise<TestRole> {
  const child = fork(`${ROOT}${part}/main.ts`, [], {
    cwd: ROOT,
    env: { ...process.env, LOG_LEVEL: 'info', ...env },
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  running.add(child)
  let output = ''
  child.stdout?.on('data', (chunk) => (output += chunk))
  child.stderr?.on('data', (chunk) => (output += chunk))
  const gone = once(child, 'exit').finally(() => running.delete(child))
  const ready = await Promise.race([
    once(child, 'message').then(([message]) => message as { port?: number }),
    gone.then(() => {
      throw new Error(`${part} ended before it was ready:\n${output}`)
    }),
  ])
  return {
    pid: child.pid!,
    ready,
    output: () => output,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal)
      await gone
    },
  }
}
