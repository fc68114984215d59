/** Starts the heavy page in a process of its own, so that serving it is not measured. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export async function startPageServer(): Promise<{ port: number; stop: () => void }> {
  const child = fork(fileURLToPath(new URL('heavy-page.ts', import.meta.url)), [], {
    execArgv: ['--import', 'tsx'],
  })
  const [port] = (await once(child, 'message')) as [number]
  return { port, stop: () => void child.kill() }
}
