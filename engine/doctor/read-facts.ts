/** Reads all facts once: the server, the config, this machine. */
import { dirname, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { matchFiles } from '../config/glob.ts'
import { loadConfig } from '../config/load.ts'
import { WeirError } from '../error.ts'
import { clusterOf, connect } from '../stream/connection.ts'
import { hostOf } from '../stream/redis-url.ts'
import type { ConfigFacts, Facts } from './facts.ts'
import { readMachine } from './machine-facts.ts'
import { readRedis } from './redis-facts.ts'

/** A server that accepts connections and then says nothing is away too, ms. */
const PATIENCE = 10_000

type Environment = Readonly<Record<string, string | undefined>>

/** `url`: of Redis, or why none is known. Never rejects for what it finds. */
export async function readFacts(
  url: string | WeirError,
  configPath: string,
  env: Environment,
): Promise<Facts> {
  const [redis, config, machine] = await Promise.all([
    redisFacts(url),
    configFacts(configPath, env),
    readMachine(env),
  ])
  const set = new Set(Object.keys(env).filter((name) => env[name]))
  return { redis, config, machine, set }
}

async function redisFacts(url: string | WeirError): Promise<Facts['redis']> {
  if (typeof url !== 'string') return { away: url.message }
  // Role `commit`: a command whose connection is lost fails at once instead of waiting for another.
  const redis = connect(url, 'commit', 'weir-doctor')
  // What the network or the server said is more than "closed".
  let said: unknown = null
  redis.on('error', (error) => (said ??= error))
  try {
    const read = redis.connect().then(() => oneNode(redis, hostOf(url)))
    const late = sleep(PATIENCE, null, { ref: false })
    const facts = await Promise.race([read, late])
    return facts ?? { away: `Redis at ${hostOf(url)} does not answer within ${PATIENCE / 1000} s` }
  } catch (error) {
    const why = ((said ?? error) as Error).message.replace(/\.$/, '')
    return { away: `Redis at ${hostOf(url)} does not answer: ${why}` }
  } finally {
    redis.disconnect()
  }
}

/** Of a cluster one master stands for all. */
async function oneNode(redis: Redis, host: string): Promise<Facts['redis']> {
  const masters = clusterOf(redis)?.nodes('master')
  const [first] = masters ?? []
  if (masters !== undefined && first !== undefined) {
    const name = `${first.options.host ?? ''}:${first.options.port ?? ''}, one of ${masters.length} masters`
    return readRedis(first, name)
  }
  const facts = await readRedis(redis, host)
  if (facts.info.get('redis_mode') !== 'cluster') return facts
  return { away: `Redis at ${host} is a node of a cluster, and the address is none: write redis+cluster://` }
}

async function configFacts(path: string, env: Environment): Promise<ConfigFacts> {
  try {
    const config = await loadConfig(path, env)
    const files = await Promise.all(config.scrapers.map((glob) => matchFiles(glob, dirname(resolve(path)))))
    return { path, config, problem: null, scraperFiles: new Set(files.flat()).size }
  } catch (error) {
    if (!(error instanceof WeirError)) throw error
    return { path, config: null, problem: error.message.split('\n')[0]!, scraperFiles: 0 }
  }
}
