/** Loaded first in every part that `weir dev` starts: it ends with its parent, even while it is still starting. */
const GRACE_MS = 5000

process.once('disconnect', () => {
  // A part closes by itself on SIGTERM; one that cannot is ended.
  setTimeout(() => process.exit(1), GRACE_MS).unref()
  process.kill(process.pid, 'SIGTERM')
})
