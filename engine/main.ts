/** The engine process: publishes the config where nobody else does, then works until told to stop. */
import closeWithGrace from 'close-with-grace'
import pino from 'pino'
import { loadConfig } from './config/load.ts'
import { appendConfig } from './control/control-log.ts'
import { WeirError } from './error.ts'
import { connect, reach } from './stream/connection.ts'
import { Worker } from './worker.ts'

const log = pino({ name: 'engine', level: process.env.LOG_LEVEL ?? 'info' })
const redisUrl = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379'

try {
  const worker = new Worker({ redisUrl, namespace: await publish(), log })
  await worker.start()
  closeWithGrace({ delay: 10_000 }, async ({ err }) => {
    if (err) log.fatal({ err }, 'stopping')
    await worker.stop()
  })
  // Started by a parent that is gone: nobody is left to stop us.
  if (process.connected) process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  process.send?.({ type: 'ready' })
} catch (error) {
  const text = error instanceof WeirError ? error.explain() : String(error)
  process.stderr.write(`weir engine: ${text}\n`)
  process.exit(1)
}

/** The namespace to work in. With WEIR_NAMESPACE somebody else publishes (`weir dev`); else we do. */
async function publish(): Promise<string> {
  if (process.env.WEIR_NAMESPACE) return process.env.WEIR_NAMESPACE
  const path = process.env.WEIR_CONFIG ?? 'streams.config.ts'
  const config = await loadConfig(path)
  const redis = connect(redisUrl, 'query', 'weir-publish')
  try {
    await reach(redis, redisUrl)
    const { id, changed, again } = await appendConfig(redis, config.namespace, config, path)
    log.info({ control: id, changed, hash: config.hash }, 'config published')
    if (again)
      log.warn(
        { control: id, path },
        'this config was in force before and had been replaced: is this process older than the others? With WEIR_NAMESPACE set it publishes nothing',
      )
  } finally {
    redis.disconnect()
  }
  return config.namespace
}
