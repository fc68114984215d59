/** `weir test`: the whole set-up, then all tests; the last line says how many passed, failed and were skipped. */
import { mkdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { WeirError } from '../engine/index.ts'
import { findChromium } from './chromium.ts'
import { startGuarded } from './guarded.ts'
import { ROOT, STATE } from './place.ts'
import { progress } from './progress.ts'
import { obtainServer } from './redis.ts'
import { readReport, summary } from './test-report.ts'
import { watchParent } from './with-parent.ts'

const steps = progress(3, 2, (text) => process.stdout.write(text))
const onInstall = (line: string): void => void process.stdout.write(`${line}\n`)

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  steps.interrupt()
  process.stderr.write(`${error instanceof WeirError ? error.explain() : String(error)}\n`)
  process.stdout.write(`${summary(null, 1)}\n`)
  return 1
})

async function main(words: string[]): Promise<number> {
  const server = await obtainServer({ onInstall })
  steps.done(`Redis server ${server}`)
  const chromium = await findChromium({ state: STATE, onInstall })
  steps.done(`${chromium.version} from ${chromium.source}`)

  const report = join(STATE, `test-report-${process.pid}.json`)
  mkdirSync(dirname(report), { recursive: true })
  const require = createRequire(import.meta.url)
  const vitest = join(dirname(require.resolve('vitest/package.json')), 'vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const running = await startGuarded(process.execPath, [vitest, 'run', ...reporters, ...words], {
    cwd: ROOT,
    show: true,
    env: { ...process.env, WEIR_CHROMIUM: chromium.path, PATH: withFolder(dirname(server)) },
  })
  const stop = (): void => void running.stop()
  process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop)
  watchParent(stop)

  const code = await running.ended
  const counts = readReport(report)
  rmSync(report, { force: true })
  process.stdout.write(`${summary(counts, code)}\n`)
  return code === 0 && counts !== null && counts.failed === 0 ? 0 : code || 1
}

/** The tests start servers by name: the folder of the one found may not be on the PATH yet. */
function withFolder(folder: string): string {
  const path = process.env['PATH'] ?? ''
  return path.split(':').includes(folder) ? path : `${path}:${folder}`
}
