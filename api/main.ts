/** `weir api`: serves HTTP, live sockets and notifications until told to stop, or until its parent is gone. */
import closeWithGrace from 'close-with-grace'
import { pino } from 'pino'
import { loadConfig, WeirError } from '../engine/index.ts'
import { readSettings } from './settings.ts'
import { startApi, type Api } from './start.ts'

const { env } = process
const log = pino({ name: 'api', level: env.LOG_LEVEL || 'info' })

let api: Api | null = null
let released = false
const closing = closeWithGrace({ delay: 10_000, logger: false }, async ({ err }) => {
  if (err) log.fatal({ err }, 'the API stops')
  await api?.close()
})
process.on('disconnect', () => closing.close())
process.on('message', (message: unknown) => {
  if ((message as { type?: unknown } | null)?.type !== 'release') return
  // It may come before we are up.
  released = true
  api?.release()
})

try {
  const settings = readSettings(env)
  const namespace = settings.namespace ?? (await loadConfig(settings.config)).namespace
  const print = (text: string): void => void process.stdout.write(`${text}\n`)
  api = await startApi(settings, { namespace, env, log, print })
  if (released) api.release()
  process.send?.({ type: 'ready', port: api.port })
} catch (error) {
  if (error instanceof WeirError) log.fatal(error.explain())
  else log.fatal({ err: error }, 'the API cannot start')
  process.exit(1)
}
