/** Finds where `weir ingest` sends to: the Redis, the namespace and the stream's definition. */
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { CompiledConfig, CompiledStream } from '../config/compiled.ts'
import { declared } from '../config/merged-stream.ts'
import { suggest } from '../config/nearest.ts'
import { newestConfig } from '../control/control-log.ts'
import { WeirError } from '../error.ts'
import { redisAway } from '../event/redis-away.ts'
import { connect } from '../stream/connection.ts'
import { hostOf } from '../stream/redis-url.ts'
import { takePulse } from '../view/pulse.ts'
import type { Account } from './ingest-wait.ts'

/** Written by `weir dev` while its own Redis runs. */
const LOCAL_REDIS = '.weir/redis.json'

/** How long Redis may take to answer at first. */
const ANSWER_MS = 5000

type Environment = Readonly<Record<string, string | undefined>>

/** REDIS_URL, else that of the `weir dev` that runs in this folder. Throws WEIR_USAGE. */
export function redisUrlOf(env: Environment): string {
  if (env['REDIS_URL']) return env['REDIS_URL']
  try {
    const { url } = JSON.parse(readFileSync(LOCAL_REDIS, 'utf8')) as { url?: unknown }
    if (typeof url === 'string') return url
  } catch {
    // No such file: nothing runs here.
  }
  throw new WeirError('no Redis is named.', {
    code: 'WEIR_USAGE',
    domain: 'user',
    retry: true,
    todo: 'Set REDIS_URL, such as redis://127.0.0.1:6379, or run `weir dev` in this folder first.',
  })
}

/** A connection that has answered. Throws WEIR_REDIS_AWAY after 5 s at most. */
export async function reach(redisUrl: string): Promise<Redis> {
  const redis = connect(redisUrl, 'query', 'weir-ingest')
  let said: unknown = null
  redis.on('error', (error) => (said ??= error))
  const answered = redis.connect().then(() => true)
  try {
    if (await Promise.race([answered, sleep(ANSWER_MS, false, { ref: false })])) return redis
  } catch (error) {
    said ??= error
  }
  redis.disconnect()
  throw redisAway(`Redis at ${hostOf(redisUrl)} does not answer`, said)
}

/**
 * The namespace, and the stream as the engine knows it, else as the config file has it.
 * Throws WEIR_STREAM_UNKNOWN with suggestions, or what is wrong with the config file.
 */
export async function findStream(
  redis: Redis,
  name: string,
  configPath: string | null,
  env: Environment,
): Promise<{ namespace: string; stream: CompiledStream }> {
  let file = env['WEIR_NAMESPACE'] ? undefined : await fileConfig(configPath, env)
  const namespace = env['WEIR_NAMESPACE'] || (file?.namespace ?? 'weir')
  const active = declared((await newestConfig(redis, namespace))?.streams ?? [])
  const running = active.find((one) => one.name === name)
  if (running !== undefined) return { namespace, stream: running }

  file ??= await fileConfig(configPath, env)
  const written = declared(file?.streams ?? [])
  const stream = written.find((one) => one.name === name)
  if (stream !== undefined) return { namespace, stream }
  throw new WeirError(`there is no stream "${name}".`, {
    code: 'WEIR_STREAM_UNKNOWN',
    domain: 'user',
    retry: false,
    todo: suggest(name, [...new Set([...active, ...written].map((one) => one.name))]),
  })
}

/** WEIR_NAMESPACE, else what the config file says, else `weir`. */
export async function namespaceOf(configPath: string | null, env: Environment): Promise<string> {
  return env['WEIR_NAMESPACE'] || ((await fileConfig(configPath, env))?.namespace ?? 'weir')
}

/** What the engine has made of a stream so far. */
export async function accountOf(
  redisUrl: string,
  namespace: string,
  stream: CompiledStream,
): Promise<Account> {
  const redis = await reach(redisUrl)
  try {
    const { accounting } = await takePulse(redis, namespace, [stream])
    return accounting[0] ?? { counted: 0, duplicate: 0, late: 0, dead: 0, lagEntries: 0 }
  } finally {
    redis.disconnect()
  }
}

/** The config file to fall back on, or null where there is none; one that was named must be there. */
async function fileConfig(named: string | null, env: Environment): Promise<CompiledConfig | null> {
  const path = named ?? env['WEIR_CONFIG'] ?? 'streams.config.ts'
  if (named === null && !existsSync(path)) return null
  // Only here: what runs config files takes longer to start than most files take to send.
  const { loadConfig } = await import('../config/load.ts')
  return loadConfig(path, env)
}
