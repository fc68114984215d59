/** Installs packages of Debian or Ubuntu where we may: as root, quietly, without starting a service. */
import { spawn } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { WeirError } from '../engine/index.ts'
import { findProgram } from './find-program.ts'

export interface Installer {
  /** Why nothing can be installed here, or null. */
  readonly refusal: string | null
  /** Installs the packages. Rejects with WEIR_SETUP. */
  install(packages: readonly string[]): Promise<void>
}

const POLICY = '/usr/sbin/policy-rc.d'

/** The installer of this machine. Nothing is installed when `WEIR_NO_INSTALL` is set. */
export function systemInstaller(env: NodeJS.ProcessEnv = process.env): Installer {
  return { refusal: refusal(env), install: (packages) => aptInstall(packages, env) }
}

function refusal(env: NodeJS.ProcessEnv): string | null {
  if (env['WEIR_NO_INSTALL'] !== undefined && env['WEIR_NO_INSTALL'] !== '') return 'WEIR_NO_INSTALL is set'
  if (process.platform !== 'linux' || findProgram(['apt-get'], env['PATH']) === null)
    return 'this is not Debian or Ubuntu'
  if (process.getuid?.() !== 0) return 'this is not root'
  return null
}

async function aptInstall(packages: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const removePolicy = forbidServices()
  try {
    const quiet = { ...env, DEBIAN_FRONTEND: 'noninteractive' }
    await run('apt-get', ['update', '-qq'], quiet)
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], quiet)
  } finally {
    removePolicy()
  }
}

/** Debian starts a service as it installs it, unless this script forbids it. One that is already there stays. */
function forbidServices(): () => void {
  try {
    writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' })
  } catch {
    return () => undefined
  }
  // Also when people lose patience: left behind, it would forbid services for ever.
  const remove = (): void => rmSync(POLICY, { force: true })
  process.once('exit', remove)
  return () => {
    process.off('exit', remove)
    remove()
  }
}

function run(program: string, args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const keep = (chunk: Buffer): void => void (output = (output + String(chunk)).slice(-1500))
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    const fail = (why: string): void => {
      const command = `${program} ${args.join(' ')}`
      reject(
        new WeirError(`${why}\n  ${output.trim().split('\n').slice(-5).join('\n  ')}`, {
          code: 'WEIR_SETUP',
          domain: 'external',
          retry: true,
          where: command,
          todo: '\nRun it by hand to see more.',
        }),
      )
    }
    child.once('error', (error) => fail(error.message))
    child.once('close', (code) => (code === 0 ? resolve() : fail(`ended with code ${code}.`)))
  })
}
