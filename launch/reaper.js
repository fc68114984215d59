/**
 * Ends what its parent could not: `node reaper.js` with a socket to the parent as fd 3, over which it hears `+pid`
 * and `-pid`, one a line. When the socket closes, the processes still named have 5 s to end by themselves; then they
 * are killed with their groups. A part that is stuck while it starts hears no signal, and only this reaches it.
 */
import { Socket } from 'node:net'
import { createInterface } from 'node:readline'

const GRACE_MS = 5000
const pids = new Set()
const parent = new Socket({ fd: 3 })

createInterface({ input: parent }).on('line', (line) => {
  const pid = Number(line.slice(1))
  if (line.startsWith('+')) pids.add(pid)
  else pids.delete(pid)
})
parent.on('error', () => undefined).on('close', () => setTimeout(killAll, pids.size === 0 ? 0 : GRACE_MS))
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => undefined)

function killAll() {
  for (const pid of pids) {
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // Gone by itself.
    }
  }
}
