/** Reads what the checks judge about the server. Changes nothing; what is forbidden is a fact too. */
import type { Redis } from 'ioredis'
import { detectStore } from '../series/detect-store.ts'
import type { RedisFacts } from './facts.ts'

const SETTINGS = ['appendfsync', 'min-replicas-to-write', 'min-replicas-max-lag']
const CLOCK_SAMPLES = 5

/** `host`: for people, without credentials. Rejects where the server stops answering. */
export async function readRedis(redis: Redis, host: string): Promise<RedisFacts> {
  return {
    host,
    info: parseInfo(await redis.info()),
    config: await readSettings(redis),
    scripts: await tryScripts(redis),
    series: await detectStore(redis).then(
      (store) => store.name,
      () => null,
    ),
    skew: await measureSkew(redis),
  }
}

/** Fields of INFO by name. */
export function parseInfo(text: string): Map<string, string> {
  const info = new Map<string, string>()
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) info.set(line.slice(0, colon), line.slice(colon + 1))
  }
  return info
}

async function readSettings(redis: Redis): Promise<Map<string, string> | null> {
  try {
    const flat = (await redis.call('CONFIG', 'GET', ...SETTINGS)) as string[]
    const settings = new Map<string, string>()
    for (let i = 0; i + 1 < flat.length; i += 2) settings.set(flat[i]!, flat[i + 1]!)
    // Some services answer, with nothing.
    return settings.size === 0 ? null : settings
  } catch {
    return null
  }
}

/** Loads a script that only returns, and runs it by its hash, as the engine does. */
async function tryScripts(redis: Redis): Promise<string | null> {
  try {
    const script = "return 'weir'"
    await redis.eval(script, 0)
    const sha = (await redis.script('LOAD', script)) as string
    const said = await redis.evalsha(sha, 0)
    return said === 'weir' ? null : 'the answer was another'
  } catch (error) {
    return (error as Error).message
  }
}

/** The sample with the shortest round trip knows best. */
async function measureSkew(redis: Redis): Promise<RedisFacts['skew']> {
  let best = { ms: 0, within: Number.POSITIVE_INFINITY }
  for (let i = 0; i < CLOCK_SAMPLES; i++) {
    const sent = performance.now()
    const here = Date.now()
    const [seconds, micros] = await redis.time()
    const within = (performance.now() - sent) / 2
    const there = Number(seconds) * 1000 + Number(micros) / 1000
    if (within < best.within) best = { ms: there - (here + within), within }
  }
  return best
}
