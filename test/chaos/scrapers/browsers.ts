/** Finds the browsers of one run by their profile folder, kills them, and looks whether any is left. */
import { readFile, readdir } from 'node:fs/promises'

/** Main processes of browsers whose profile lies in `folder`. */
export async function browsersIn(folder: string): Promise<number[]> {
  const found = await Promise.all(
    (await readdir('/proc')).filter(Number).map(async (pid) => {
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      return line.includes(folder) && !line.includes('--type=') && line.includes('--headless')
        ? Number(pid)
        : 0
    }),
  )
  return found.filter((pid) => pid > 0)
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
