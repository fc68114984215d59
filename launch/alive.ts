/** `weir alive`: a health check for parts without a port. Has a Weir process of this machine just talked to Redis? */
import { connect } from '../engine/index.ts'

/** An engine renews its lease and scrapers look for changes far more often than that. */
const IDLE_SECONDS = 30
const OWN_NAME = 'weir-alive'

const redis = connect(process.env['REDIS_URL'] || 'redis://127.0.0.1:6379', 'commit', OWN_NAME)
try {
  await redis.connect()
  const clients = String(await redis.client('LIST'))
    .trim()
    .split('\n')
    .map(fieldsOf)
  const host = hostOf(clients.find((client) => client['name'] === OWN_NAME))
  const alive = clients.filter(
    (client) =>
      client['name'] !== OWN_NAME &&
      client['name']?.startsWith('weir') &&
      hostOf(client) === host &&
      Number(client['idle']) <= IDLE_SECONDS,
  )
  process.stdout.write(`${alive.length} connections of this machine are busy\n`)
  process.exitCode = alive.length > 0 ? 0 : 1
} catch (error) {
  process.stdout.write(`Redis does not answer: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
} finally {
  redis.disconnect()
}

/** `id=7 addr=10.0.0.3:41000 name=weir-commit idle=0 …` */
function fieldsOf(line: string): Record<string, string> {
  return Object.fromEntries(line.split(' ').map((field) => field.split(/=(.*)/s).slice(0, 2)))
}

function hostOf(client: Record<string, string> | undefined): string {
  return (client?.['addr'] ?? '').replace(/:\d+$/, '')
}
