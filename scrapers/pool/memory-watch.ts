/** Watches how large a browser grows: a page that takes too much is ended, a browser that has is replaced. */
import { atMost, isRenderer, processTree, proportional } from './process-memory.ts'

export interface MemoryLimits {
  /** Proportional bytes of a browser with all its processes. */
  browser: number
  /** Resident bytes of one page's process. */
  page: number
  /** Between two looks, ms. */
  every: number
}

/** A browser with four heavy pages has 0.25 GB, and grows by some MB in 500 jobs. A greedy page takes 0.2 GB/s. */
export const MEMORY_LIMITS: MemoryLimits = { browser: 1 << 30, page: 1 << 30, every: 1000 }

export interface MemoryReports {
  /** The browser is beyond its limit; said with every look. */
  large: () => void
  /** A page's process was killed; its job fails as a page that crashed, others go on. */
  ended: (pid: number) => void
}

/** Looks until the returned function is called. Where there is no /proc it sees nothing. */
export function watchMemory(
  root: number | undefined,
  limits: MemoryLimits,
  { large, ended }: MemoryReports,
): () => void {
  if (root === undefined) return () => undefined
  let stopped = false
  let looking = false

  async function look(pid: number): Promise<void> {
    const tree = await processTree(pid)
    for (const { pid: one, rss } of tree) {
      if (rss <= limits.page || stopped || !(await isRenderer(one))) continue
      kill(one)
      ended(one)
    }
    // A closer look costs ten times as much, and stops the browser while it lasts: only near the limit is it worth that.
    if (atMost(tree) > limits.browser && (await proportional(tree)) > limits.browser && !stopped) large()
  }

  const timer = setInterval(() => {
    if (looking) return
    looking = true
    void look(root).finally(() => (looking = false))
  }, limits.every)
  timer.unref()
  return () => {
    stopped = true
    clearInterval(timer)
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
