/** Makes node_modules agree with package-lock.json. Plain JavaScript: it runs before any package is there. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { releaseLock, takeLock } from './lock.js'

/** Something people can act on: printed as it is, without a stack. */
export class SetupError extends Error {
  explain() {
    return this.message
  }
}

/**
 * Runs `npm ci` when a package is missing or has another version than the lock file says.
 * @param {string} root folder of package.json
 * @param {{ dev: boolean, onInstall: () => void }} options dev: development packages count too
 * @returns {Promise<boolean>} whether anything was installed
 */
export async function ensurePackages(root, { dev, onInstall }) {
  if (outdated(root, dev).length === 0) return false
  const lock = join(root, '.weir', 'install.lock')
  const holder = takeLock(lock)
  if (holder !== 0)
    throw new SetupError(
      `Process ${holder} installs the packages of this folder right now. Start again when it has finished.`,
    )
  try {
    onInstall()
    await npmCi(root)
  } finally {
    releaseLock(lock)
  }
  const missing = outdated(root, dev)
  if (missing.length > 0)
    throw new SetupError(
      `npm ci ended well, but ${missing[0]} is still not what package-lock.json says. Delete node_modules and start again.`,
    )
  return true
}

/** Names of packages that are not installed as locked. */
export function outdated(root, dev) {
  const wanted = readPackages(join(root, 'package-lock.json'))
  const there = readPackages(join(root, 'node_modules', '.package-lock.json')) ?? {}
  if (wanted === null)
    throw new SetupError(
      `${join(root, 'package-lock.json')} cannot be read. Restore it with git checkout package-lock.json.`,
    )
  return Object.keys(wanted).filter((path) => {
    if (path === '') return false
    if (there[path] !== undefined) return there[path].version !== wanted[path].version
    const { optional, devOptional, dev: forDev } = wanted[path]
    return !optional && !devOptional && (dev || !forDev)
  })
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  } catch {
    return null
  }
}

function npmCi(root) {
  // Started by npm, this is the very npm that people use; else the one on the PATH.
  const own = process.env.npm_execpath
  const [program, first] = own?.endsWith('.js') ? [process.execPath, [own]] : ['npm', []]
  return new Promise((resolve, reject) => {
    const args = [...first, 'ci', '--no-audit', '--no-fund', '--loglevel=error']
    const child = spawn(program, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    })
    let output = ''
    const keep = (chunk) => (output = (output + chunk).slice(-2000))
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.once('error', (error) =>
      reject(new SetupError(`npm did not start (${error.message}). Install npm, or put it on the PATH.`)),
    )
    child.once('close', (code) => {
      if (code === 0) return resolve()
      const reason = output.trim().split('\n').slice(-8).join('\n  ')
      reject(
        new SetupError(
          `The packages could not be installed: npm ci ended with code ${code}.\n  ${reason}\nCheck the network and the registry (npm config get registry), then start again.`,
        ),
      )
    })
  })
}
