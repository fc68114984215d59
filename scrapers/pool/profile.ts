/** Chromium's profile folders: named after our process, so that a later start can sweep what a killed one left. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PREFIX = 'weir-chromium-'

/** A new empty folder `weir-chromium-<pid>-…` under the temporary folder. */
export function newProfile(): Promise<string> {
  return mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`))
}

/** Removes a folder; Chromium's last writes may still be under way, hence the retries. Never throws. */
export async function removeProfile(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }).catch(() => undefined)
}

/** Removes folders of processes that no longer live. Returns how many. */
export async function sweepProfiles(isAlive: (pid: number) => boolean = alive): Promise<number> {
  let swept = 0
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue
    const pid = Number.parseInt(name.slice(PREFIX.length), 10)
    if (!Number.isInteger(pid) || isAlive(pid)) continue
    await removeProfile(join(tmpdir(), name))
    swept += 1
  }
  return swept
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Someone else's process is alive too.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
