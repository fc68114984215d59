/** A lock file that names its holder, so that two starts in one folder never share data; a dead holder's is taken over. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Takes the lock until this process ends. Returns 0, or the pid of the living process that holds it.
 * @param {string} file
 * @returns {number}
 */
export function takeLock(file) {
  mkdirSync(dirname(file), { recursive: true })
  const mine = JSON.stringify({ pid: process.pid, born: born(process.pid) })
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      writeFileSync(file, mine, { flag: 'wx' })
      process.once('exit', () => releaseLock(file))
      return 0
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    const holder = readHolder(file)
    if (holder !== null && isAlive(holder.pid) && born(holder.pid) === holder.born) return holder.pid
    rmSync(file, { force: true })
  }
  return readHolder(file)?.pid ?? -1
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
