/** npm that is killed tells its child nothing: started by npm, this process looks for itself. */
import { readFileSync } from 'node:fs'

const EVERY_MS = 500

/** Calls `onOrphaned` once when the npm that started this process is gone. Started otherwise it never does. */
export function watchParent(onOrphaned: () => void, env: NodeJS.ProcessEnv = process.env): void {
  if (env['npm_lifecycle_event'] === undefined) return
  const before = parents()
  const timer = setInterval(() => {
    if (parents() === before) return
    clearInterval(timer)
    onOrphaned()
  }, EVERY_MS)
  timer.unref()
}

/** Our parent, and where npm put a shell between it and us, that shell's parent too (known on Linux). */
function parents(): string {
  try {
    const [, name = '', rest = ''] =
      /\((.*)\) (.*)/s.exec(readFileSync(`/proc/${process.ppid}/stat`, 'utf8')) ?? []
    if (/^(sh|dash|bash|ash|zsh|busybox)$/.test(name)) return `${process.ppid} ${rest.split(' ')[1]}`
  } catch {
    // No /proc: shells there replace themselves by the command, so npm is our parent.
  }
  return String(process.ppid)
}
