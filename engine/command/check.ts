/** `weir check`: explains every mistake in a config at once, or says in one line what it declares. */
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { isUndeclared } from '../config/built-in-metric.ts'
import type { CompiledConfig } from '../config/compiled.ts'
import { matchFiles } from '../config/glob.ts'
import { loadConfig } from '../config/load.ts'
import { declared } from '../config/merged-stream.ts'
import { ConfigError } from '../config/mistake.ts'
import { WeirError } from '../error.ts'

const USAGE = `weir check [FILE]

Explains every mistake in FILE: where, what, and what to do. FILE is by default
WEIR_CONFIG, else streams.config.ts. Exit code 0: usable, 1: not, 2: wrong usage.
`

/** A config that computes for longer never ends, ms. */
const PATIENCE = 20_000

/** What the scraper files of a config say: mistakes make it unusable, notes may surprise. */
export interface ScraperFileReport {
  mistakes: string[]
  notes: string[]
}
/** Looks into scraper files, which the engine itself does not know. */
export type LookIntoFiles = (files: string[], folder: string) => Promise<ScraperFileReport>

/** Runs the command with the words after `check`; resolves to the exit code. */
export async function run(argv: string[], look: LookIntoFiles = lookAway): Promise<number> {
  const path = chosenFile(argv)
  if (typeof path === 'number') return path
  try {
    const config = await watched(path, () => loadConfig(path))
    const folder = dirname(resolve(path))
    const files = await scraperFiles(config, folder)
    const report = await look([...new Set([...files.values()].flat())].toSorted(), folder)
    for (const mistake of report.mistakes) process.stderr.write(`${mistake}\n`)
    if (report.mistakes.length > 0) {
      process.stderr.write(`${count(report.mistakes.length, 'mistake')}.\n`)
      return 1
    }
    process.stdout.write(`${path} is fine: ${summary(config, files)}.\n`)
    for (const note of notes(config, files, process.env)) process.stdout.write(`${note}\n`)
    for (const note of report.notes) process.stdout.write(`Note: ${note}\n`)
    return 0
  } catch (error) {
    if (!(error instanceof WeirError)) throw error
    process.stderr.write(`${error.explain()}\n`)
    if (error instanceof ConfigError) process.stderr.write(`${count(error.mistakes.length, 'mistake')}.\n`)
    return 1
  }
}

/** Says so where the config ends the process, or keeps it busy for ever: neither may look like success. */
async function watched<T>(path: string, load: () => Promise<T>): Promise<T> {
  const left = (): void => {
    process.stderr.write(`${path}: it ends the process while it is loaded. Take the exit out.\n`)
    process.exitCode = 1
  }
  process.once('exit', left)
  // A thread of its own: this one may never come to a timer again.
  const said = `${path}: it still computes after ${PATIENCE / 1000} s. Look for a loop that does not end.\n`
  const watchdog = new Worker(WATCHDOG, { eval: true, workerData: { pid: process.pid, said, ms: PATIENCE } })
  watchdog.unref()
  try {
    return await load()
  } finally {
    process.off('exit', left)
    void watchdog.terminate()
  }
}

const WATCHDOG = `
const { workerData: { pid, said, ms } } = require('node:worker_threads')
setTimeout(() => {
  require('node:fs').writeSync(2, said)
  process.kill(pid, 'SIGKILL')
}, ms)`

/** The file to check, or the exit code where there is nothing to check. */
function chosenFile(argv: string[]): string | number {
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      options: { help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    })
    if (values.help) {
      process.stdout.write(USAGE)
      return 0
    }
    if (positionals.length <= 1) return positionals[0] ?? process.env['WEIR_CONFIG'] ?? 'streams.config.ts'
    process.stderr.write(`weir check: one file at a time.\n\n${USAGE}`)
  } catch (error) {
    process.stderr.write(`weir check: ${(error as Error).message}\n\n${USAGE}`)
  }
  return 2
}

async function lookAway(): Promise<ScraperFileReport> {
  return { mistakes: [], notes: [] }
}

async function scraperFiles(config: CompiledConfig, folder: string): Promise<Map<string, string[]>> {
  const files = new Map<string, string[]>()
  for (const glob of config.scrapers) files.set(glob, await matchFiles(glob, folder))
  return files
}

function summary(config: CompiledConfig, files: ReadonlyMap<string, string[]>): string {
  return [
    count(declared(config.streams).length, 'stream'),
    count(config.metrics.filter((metric) => !isUndeclared(metric)).length, 'metric'),
    count(config.rules.length, 'rule'),
    count(new Set([...files.values()].flat()).size, 'scraper file'),
    count(config.checks.length, 'check'),
  ].join(', ')
}

/** What is no mistake, yet may surprise. */
function notes(
  config: CompiledConfig,
  files: ReadonlyMap<string, string[]>,
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  const empty = [...files].filter(([, found]) => found.length === 0)
  const unset = config.channels.filter((channel) => !env[channel.env])
  return [
    ...empty.map(([glob]) => `Note: no file matches '${glob}'.`),
    ...unset.map(
      ({ env: name, kind }) => `Note: ${name} is not set here, so ${kind} messages cannot go out.`,
    ),
  ]
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}
