/** Names the processes that must not outlive this one, to a process that sees to it. */
import { spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'

export interface Reaper {
  /** A leader of a process group that shall end with us. */
  add(pid: number): void
  /** It has ended. */
  remove(pid: number): void
}

/** Starts one reaper; it ends with us, and last. */
export function startReaper(): Reaper {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./reaper.js', import.meta.url))], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  const socket = child.stdio[3] as Socket
  socket.on('error', () => undefined)
  child.unref()
  socket.unref()
  return {
    add: (pid) => void socket.write(`+${pid}\n`),
    remove: (pid) => void socket.write(`-${pid}\n`),
  }
}
