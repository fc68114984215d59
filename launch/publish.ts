/** `weir publish [FILE]`: puts a config into the control log, from where every part takes it. Prints its hash. */
import { appendConfig, connect, loadConfig, reportProblem } from '../engine/index.ts'

const file = process.argv[2] ?? process.env['WEIR_CONFIG'] ?? './streams.config.ts'
const redisUrl = process.env['REDIS_URL'] || 'redis://127.0.0.1:6379'
const config = await loadConfig(file)
const redis = connect(redisUrl, 'query', 'weir-publish')
try {
  const { changed } = await appendConfig(redis, config.namespace, config, 'weir publish')
  await reportProblem(redis, config.namespace, null)
  const said = changed ? 'is published' : 'is the newest already'
  process.stdout.write(`Config ${config.hash} ${said} in namespace ${config.namespace}.\n`)
} finally {
  redis.disconnect()
}
