/** `weir scrapers`: runs all scrapers of the config until told to stop, or until its parent is gone. */
import { readFileSync } from 'node:fs'
import closeWithGrace from 'close-with-grace'
import { pino } from 'pino'
import { WeirError } from '../engine/index.ts'
import { type App, startScrapers } from './app.ts'
import { findBrowser } from './pool/executable.ts'

const { env } = process
const log = pino({ name: 'scrapers', level: env['LOG_LEVEL'] ?? 'info' })
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}
const hostRules = env['WEIR_HOST_RESOLVER_RULES']

const starting = startScrapers({
  redisUrl: env['REDIS_URL'] || 'redis://127.0.0.1:6379',
  configPath: env['WEIR_CONFIG'] || 'streams.config.ts',
  toolVersion: version,
  chromium: () => findBrowser(env),
  sandbox: env['WEIR_CHROMIUM_SANDBOX'] !== 'off',
  evidence: env['WEIR_EVIDENCE'] !== 'off',
  ...(hostRules ? { hostRules } : {}),
  ...(env['WEIR_STOP_GRACE'] ? { stopGrace: Number(env['WEIR_STOP_GRACE']) } : {}),
  ...(env['WEIR_SPOOL'] ? { spool: env['WEIR_SPOOL'] } : {}),
  log,
})
// Told below; a reload or an end that comes earlier waits for it.
starting.catch(() => undefined)
let app: App | null = null
const closing = closeWithGrace({ delay: 15_000, logger: false }, async ({ err }) => {
  clearInterval(watch)
  if (err) log.fatal({ err }, 'the scrapers stop')
  await app?.close()
})
process.on('disconnect', () => closing.close())
const mostMb = Number(env['WEIR_MAX_RSS_MB'] || 1536)
if (!(mostMb > 0)) {
  log.fatal(`WEIR_MAX_RSS_MB is '${env['WEIR_MAX_RSS_MB']}': write a number of MB, such as 1536.`)
  process.exit(1)
}
// Thrown, so that it stops as after any error: what runs is handed back, and whoever started it starts it anew.
const watch = setInterval(() => {
  const rssMb = Math.round(process.memoryUsage.rss() / 1048576)
  if (rssMb <= mostMb || app === null) return
  clearInterval(watch)
  throw new Error(`this process takes ${rssMb} MB, more than WEIR_MAX_RSS_MB=${mostMb}`)
}, 5000)
watch.unref()
// One reload at a time, and always one more after a change that came meanwhile.
let reloading: Promise<void> = Promise.resolve()
process.on('message', (message: unknown) => {
  if ((message as { type?: unknown } | null)?.type !== 'reload') return
  reloading = reloading
    .then(async () => (await starting).reload())
    .catch((error: unknown) => log.error(explain(error)))
})

try {
  app = await starting
  if (process.send) process.send({ type: 'ready' })
} catch (error) {
  log.fatal(explain(error))
  process.exit(1)
}

function explain(error: unknown): string {
  if (error instanceof WeirError) return error.explain()
  return error instanceof Error ? error.message : String(error)
}
