/** Finds the browsers of one run by their profile folder, kills them, and looks whether any is left. */
import { readFile, readdir } from 'node:fs/promises'

/** Processes of browsers whose profile lies in `folder`, renderers and the like included. */
export async function processesIn(folder: string): Promise<number[]> {
  return [...(await commandLines(folder)).keys()]
}

/** Their main processes: one for each browser. */
async function browsersIn(folder: string): Promise<number[]> {
  return [...(await commandLines(folder))].flatMap(([pid, line]) => (line.includes('--type=') ? [] : [pid]))
}

async function commandLines(folder: string): Promise<Map<number, string>> {
  const found = await Promise.all(
    (await readdir('/proc')).filter(Number).map(async (pid) => {
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      return [Number(pid), line] as const
    }),
  )
  // A browser names its profile to each of its processes; who only speaks of the folder is none.
  return new Map(found.filter(([, line]) => line.includes(`--user-data-dir=${folder}`)))
}

/** SIGKILL for one of them, as the out-of-memory killer would. False where there is none. */
export async function killBrowser(folder: string, who: number): Promise<boolean> {
  const all = await browsersIn(folder)
  const victim = all[Math.floor(who * all.length)]
  if (victim === undefined) return false
  try {
    process.kill(victim, 'SIGKILL')
    return true
  } catch {
    return false
  }
}
