/** npm that is killed tells its child nothing: started by npm, this process looks for itself. */

const EVERY_MS = 500

/** Calls `onOrphaned` once when the npm that started this process is gone. Started otherwise it never does. */
export function watchParent(onOrphaned: () => void, env: NodeJS.ProcessEnv = process.env): void {
  if (env['npm_lifecycle_event'] === undefined) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    onOrphaned()
  }, EVERY_MS)
  timer.unref()
}
