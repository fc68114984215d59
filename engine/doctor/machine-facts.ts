/** Reads what the checks judge about this machine. Installs, unpacks and writes nothing. */
import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { freemem } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import type { MachineFacts } from './facts.ts'

const NAMES = ['google-chrome-stable', 'google-chrome', 'chromium', 'chromium-browser']
const APPS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]
const START_MS = 20_000
const run = promisify(execFile)

type Environment = Readonly<Record<string, string | undefined>>

export async function readMachine(env: Environment): Promise<MachineFacts> {
  return {
    node: process.versions.node,
    disk: await statfs('.').then(
      ({ bavail, bsize }) => bavail * bsize,
      () => null,
    ),
    memory: 'availableMemory' in process ? process.availableMemory() : freemem(),
    chromium: await findChromium(env),
  }
}

/** As `weir scrapers` looks for it, except that the one in the npm package is not unpacked to see whether it starts. */
async function findChromium(env: Environment): Promise<MachineFacts['chromium']> {
  const named = env['WEIR_CHROMIUM']
  if (named) return { path: named, source: 'WEIR_CHROMIUM', version: await versionOf(named) }
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  const places = [...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))), ...APPS]
  const path = places.find(isExecutable)
  const version = path === undefined ? null : await versionOf(path)
  if (path !== undefined && version !== null) return { path, source: 'system', version }
  if (process.platform !== 'linux' || process.arch !== 'x64') return null
  try {
    const unpacks = createRequire(import.meta.url).resolve('@sparticuz/chromium')
    return { path: unpacks, source: 'npm package', version: 'Chromium, unpacked when first needed' }
  } catch {
    return null
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Null when it does not start. */
async function versionOf(path: string): Promise<string | null> {
  return run(path, ['--version', '--no-sandbox'], { timeout: START_MS }).then(
    ({ stdout }) => /(?:Chromium|Chrome)\D*[\d.]+/.exec(stdout)?.[0] ?? null,
    () => null,
  )
}
