/**
 * One process per spool: a lock file that names its holder. A holder that is known to be dead loses it at once, one
 * on another host, such as a container that was replaced, when it has not touched the file for half a minute.
 */
import { randomUUID } from 'node:crypto'
import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'

const TOUCH_EVERY = 5000
const STALE_AFTER = 30_000

interface Holder {
  pid: number
  /** Start of the process where the system tells it: pids are used again. */
  born: string
  host: string
  nonce: string
}

export interface SpoolLock {
  /** False where somebody has taken it from us, as after being stopped for long. */
  readonly held: boolean
  release(): void
}

/** Takes the lock of a directory that exists. Returns who holds it where that is somebody else. */
export function lockSpool(directory: string): SpoolLock | { heldBy: string } {
  const file = join(directory, 'lock')
  const mine: Holder = { pid: process.pid, born: born(process.pid), host: hostname(), nonce: randomUUID() }
  const text = JSON.stringify(mine)
  // Written beside it first: a lock that others can see is never half a lock.
  const draft = `${file}.${mine.nonce}`
  writeFileSync(draft, text, { mode: 0o600 })
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      if (putInPlace(draft, file)) return heldLock(file, text)
      const holder = readHolder(file)
      if (holder !== null && isHeld(file, holder)) break
      takeAway(file, `${draft}.dead`)
    }
    const holder = readHolder(file)
    return { heldBy: holder === null ? 'another process' : `process ${holder.pid} on ${holder.host}` }
  } finally {
    rmSync(draft, { force: true })
  }
}

function heldLock(file: string, text: string): SpoolLock {
  const ours = (): boolean => readText(file) === text
  const touch = setInterval(() => {
    if (ours()) utimesSync(file, new Date(), new Date())
  }, TOUCH_EVERY)
  touch.unref()
  return {
    get held() {
      return ours()
    },
    release: () => {
      clearInterval(touch)
      if (ours()) rmSync(file, { force: true })
    },
  }
}

/** False where a lock is there already. */
function putInPlace(draft: string, file: string): boolean {
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Removes a dead holder's lock; one that a living process has put there meanwhile is put back. */
function takeAway(file: string, aside: string): void {
  try {
    renameSync(file, aside)
  } catch {
    return
  }
  const holder = readHolder(aside)
  if (holder !== null && isHeld(aside, holder)) renameSync(aside, file)
  else rmSync(aside, { force: true })
}

function isHeld(file: string, { pid, born: since, host }: Holder): boolean {
  if (host === hostname()) return isAlive(pid) && born(pid) === since
  const touchedAt = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
  return Date.now() - touchedAt < STALE_AFTER
}

function readHolder(file: string): Holder | null {
  try {
    return JSON.parse(readText(file)) as Holder
  } catch {
    return null
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function born(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')[19] ?? ''
  } catch {
    return ''
  }
}
