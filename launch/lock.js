/** A lock file that names its holder, so that two starts in one folder never share data; a dead holder's is taken over. */
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Takes the lock until this process ends. Returns 0, or the pid of the living process that holds it.
 * @param {string} file
 * @returns {number}
 */
export function takeLock(file) {
  mkdirSync(dirname(file), { recursive: true })
  // Written beside it first: a lock that others can see is never half a lock.
  const draft = `${file}.${process.pid}`
  writeFileSync(draft, JSON.stringify({ pid: process.pid, born: born(process.pid) }))
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      if (putInPlace(draft, file)) {
        process.once('exit', () => releaseLock(file))
        return 0
      }
      const holder = readHolder(file)
      if (isHeld(holder)) return holder.pid
      takeAway(file, `${draft}.dead`)
    }
    return readHolder(file)?.pid ?? -1
  } finally {
    rmSync(draft, { force: true })
  }
}

/** False where a lock is there already. */
function putInPlace(draft, file) {
  try {
    linkSync(draft, file)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    // A file system without links: two starts in the same instant are not told apart there.
    if (existsSync(file)) return false
    renameSync(draft, file)
    return true
  }
}

/** Removes a dead holder's lock; one that a living process has put there meanwhile is put back. */
function takeAway(file, aside) {
  try {
    renameSync(file, aside)
  } catch {
    return
  }
  if (isHeld(readHolder(aside))) renameSync(aside, file)
  else rmSync(aside, { force: true })
}

function isHeld(holder) {
  return holder !== null && isAlive(holder.pid) && born(holder.pid) === holder.born
}

/** Removes the lock if it is ours. */
export function releaseLock(file) {
  if (readHolder(file)?.pid === process.pid) rmSync(file, { force: true })
}

function readHolder(file) {
  try {
    const { pid, born: since } = JSON.parse(readFileSync(file, 'utf8'))
    return Number.isInteger(pid) && pid > 0 ? { pid, born: since } : null
  } catch {
    return null
  }
}

/** @param {number} pid */
export function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Start time of a process where the system tells it: pids are used again, pid and start time are not. */
function born(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')[19]
  } catch {
    return ''
  }
}
