/** Starts a program under guard.js, so that it ends with this process, however this process ends. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'

export interface Guarded {
  /** Of the program itself, not of its guard. */
  readonly pid: number
  /** Resolves with the exit code when the program is gone. */
  readonly ended: Promise<number>
  /** SIGTERM, 5 s later SIGKILL; resolves when it is gone. */
  readonly stop: () => Promise<void>
}

const GUARD = fileURLToPath(new URL('./guard.js', import.meta.url))

/** Starts `program`; its output is dropped unless `show`. Rejects when it cannot be started. */
export async function startGuarded(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; show?: boolean } = {},
): Promise<Guarded> {
  const { show = false, ...place } = options
  const output = show ? 'inherit' : 'ignore'
  const guard = spawn(process.execPath, [GUARD, program, ...args], {
    ...place,
    detached: true,
    stdio: ['ignore', output, output, 'pipe'],
  })
  const tether = guard.stdio[3] as Socket
  const ended = once(guard, 'exit').then(([code]) => (code as number | null) ?? 1)
  const first = await Promise.race([once(tether, 'data').then(String), ended.then(() => '')])
  const pid = Number(first)
  if (!(pid > 0)) throw new Error(`${program} did not start`)
  tether.on('error', () => undefined)
  return {
    pid,
    ended,
    stop: async () => {
      tether.end()
      await ended
    },
  }
}
