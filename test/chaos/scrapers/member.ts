/** A scraper process of a chaos run: the program as it is, with a lease of the run's own. */
import { pino } from 'pino'
import { startScrapers } from '../../../scrapers/app.ts'

const { env } = process
const app = await startScrapers({
  redisUrl: env['REDIS_URL']!,
  configPath: env['WEIR_CONFIG']!,
  toolVersion: 'chaos',
  chromium: async () => env['WEIR_CHROMIUM']!,
  lease: Number(env['CHAOS_LEASE']),
  evidence: false,
  log: pino({ name: 'scrapers', level: env['LOG_LEVEL']! }),
})
process.on('disconnect', () => void app.close().finally(() => process.exit(0)))
process.send!({ type: 'ready' })
