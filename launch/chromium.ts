/** The Chromium that scrapers and browser tests use: WEIR_CHROMIUM, the system's, else the one in an npm package. */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { WeirError } from '../engine/index.ts'
import { systemInstaller, type Installer } from './debian.ts'
import { findProgram } from './find-program.ts'
import { fontSettings } from './fonts.ts'
import { STATE } from './place.ts'

export interface Chromium {
  readonly path: string
  readonly source: 'WEIR_CHROMIUM' | 'system' | 'npm package'
  /** Such as `Chromium 147.0.7727.0`. */
  readonly version: string
}

export interface ChromiumOptions {
  /** The one in the npm package is unpacked into the folder `chromium` of this one. Default: `.weir`. */
  state?: string
  env?: NodeJS.ProcessEnv
  installer?: Installer
  /** Told before something is installed. */
  onInstall?: (line: string) => void
}

const NAMES = ['google-chrome-stable', 'google-chrome', 'chromium', 'chromium-browser']
const APPS = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]
/** Which package of Debian brings a library that the unpacked Chromium may miss. */
const LIBRARIES: Record<string, string> = {
  'libnss3.so': 'libnss3',
  'libnssutil3.so': 'libnss3',
  'libsmime3.so': 'libnss3',
  'libnspr4.so': 'libnspr4',
  'libplc4.so': 'libnspr4',
  'libplds4.so': 'libnspr4',
  'libexpat.so.1': 'libexpat1',
}

const run = promisify(execFile)

/** Rejects with WEIR_SETUP when there is none that starts. May set variables of this process, for its fonts. */
export async function findChromium(options: ChromiumOptions = {}): Promise<Chromium> {
  const env = options.env ?? process.env
  const named = env['WEIR_CHROMIUM']
  if (named !== undefined && named !== '') return fromEnvironment(named)
  const system = findProgram(NAMES, env['PATH']) ?? APPS.find((app) => existsSync(app)) ?? null
  const installed = system === null ? null : await versionOf(system)
  if (system !== null && installed !== null) return { path: system, source: 'system', version: installed }
  return fromPackage(options)
}

async function fromEnvironment(path: string): Promise<Chromium> {
  const version = await versionOf(path)
  if (version !== null) return { path, source: 'WEIR_CHROMIUM', version }
  throw setupError(
    `WEIR_CHROMIUM ${path}`,
    'no Chromium starts there.',
    'Correct it, or unset it and weir looks for one itself.',
  )
}

async function fromPackage(options: ChromiumOptions): Promise<Chromium> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw setupError(
      'Chromium',
      `there is none here, and the npm package has none for ${process.platform} ${process.arch}.`,
      'Install Google Chrome or Chromium, or set WEIR_CHROMIUM to one.',
    )
  let path = await unpack(options.state ?? STATE)
  await bringLibraries(path, options)
  let version = await versionOf(path)
  if (version === null) {
    // An interrupted unpacking leaves half a file behind.
    rmSync(folder(options.state ?? STATE), { recursive: true, force: true })
    path = await unpack(options.state ?? STATE)
    version = await versionOf(path)
  }
  if (version === null)
    throw setupError(
      path,
      'Chromium does not start.',
      `Type ${path} --version to see why, or set WEIR_CHROMIUM.`,
    )
  // Every Chromium started from here on, by us or by our parts, inherits them.
  Object.assign(process.env, fontSettings(join(folder(options.state ?? STATE), 'fonts'), process.env))
  return { path, source: 'npm package', version }
}

/** The package unpacks into the temporary folder; ours belongs to this project and nobody else can write it. */
async function unpack(state: string): Promise<string> {
  const before = process.env['TMPDIR']
  mkdirSync(folder(state), { recursive: true, mode: 0o700 })
  process.env['TMPDIR'] = folder(state)
  try {
    const { default: chromium } = await import('@sparticuz/chromium')
    return await chromium.executablePath()
  } finally {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  }
}

function folder(state: string): string {
  return join(state, 'chromium')
}

async function bringLibraries(path: string, options: ChromiumOptions): Promise<void> {
  const missing = await missingLibraries(path)
  if (missing.length === 0) return
  const packages = [...new Set(missing.flatMap((library) => LIBRARIES[library] ?? []))]
  const installer = options.installer ?? systemInstaller(options.env)
  if (installer.refusal !== null || packages.length === 0)
    throw setupError(
      'Chromium',
      `the libraries ${missing.join(', ')} are missing, and cannot be installed (${installer.refusal ?? 'package unknown'}).`,
      `Type: sudo apt-get install ${packages.length > 0 ? packages.join(' ') : 'chromium'}`,
    )
  options.onInstall?.(
    `Chromium needs ${missing.join(', ')}: installing ${packages.join(', ')} with apt-get …`,
  )
  await installer.install(packages)
}

async function missingLibraries(path: string): Promise<string[]> {
  const { stdout } = await run('ldd', [path]).catch(() => ({ stdout: '' }))
  return stdout.split('\n').flatMap((line) => /^\s*(\S+) => not found/.exec(line)?.[1] ?? [])
}

/** Null when it does not start. */
async function versionOf(path: string): Promise<string | null> {
  return run(path, ['--version', '--no-sandbox'], { timeout: 20_000 }).then(
    ({ stdout }) => /(?:Chromium|Chrome)\D*[\d.]+/.exec(stdout)?.[0].replace('Google ', '') ?? null,
    () => null,
  )
}

function setupError(where: string, message: string, todo: string): WeirError {
  return new WeirError(message, { code: 'WEIR_SETUP', domain: 'user', retry: false, where, todo })
}
