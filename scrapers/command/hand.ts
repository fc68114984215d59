/** What commands need that visit by hand: a browser, and the limits that all other processes keep. */
import { existsSync } from 'node:fs'
import { type CompiledConfig, connect, loadConfig, reach, redisUrlOf } from '../../engine/index.ts'
import { findBrowser } from '../pool/executable.ts'
import { type Pool, openPool } from '../pool/pool.ts'
import type { Exits } from '../politeness/exit/exit.ts'
import { redisExits } from '../politeness/exit/redis-exits.ts'
import type { Gate } from '../politeness/gate.ts'
import { loneGate } from '../politeness/lone-gate.ts'
import { redisGate } from '../politeness/redis-gate.ts'

export interface Hand {
  gate: Gate
  exits?: Exits
  pool: Pool | null
  hostsRemapped: boolean
  /** What people should know about the limits; null where they are all kept. */
  note: string | null
  close(): Promise<void>
}

type Environment = Readonly<Record<string, string | undefined>>

const REDIS_MS = 2000

/** `browser`: whether pages are visited. Rejects with WEIR_SETUP where a browser is needed and none starts. */
export async function takeHand(env: Environment, browser: boolean): Promise<Hand> {
  const hostRules = env['WEIR_HOST_RESOLVER_RULES']
  const pool = browser
    ? await openPool({
        executable: await findBrowser(env),
        workers: 1,
        ...(env['WEIR_CHROMIUM_SANDBOX'] === 'off' && { noSandbox: true }),
        ...(hostRules !== undefined && hostRules !== '' && { hostRules }),
      })
    : null
  const shared = await sharedGate(env)
  return {
    gate: shared?.gate ?? loneGate(),
    ...(shared && { exits: shared.exits }),
    pool,
    hostsRemapped: hostRules !== undefined && hostRules !== '',
    note:
      shared === null
        ? 'No Redis answers: what other processes agreed with this site is not known here.'
        : null,
    close: async () => {
      await pool?.close(0)
      await shared?.close()
    },
  }
}

interface Shared {
  gate: Gate
  exits: Exits
  close(): Promise<void>
}

async function sharedGate(env: Environment): Promise<Shared | null> {
  let url: string
  try {
    url = redisUrlOf(env)
  } catch {
    return null
  }
  const redis = connect(url, 'commit', 'weir-try')
  try {
    await reach(redis, url, REDIS_MS)
  } catch {
    redis.disconnect()
    return null
  }
  const mono = (): number => performance.now()
  const config = await configOf(env)
  const namespace = env['WEIR_NAMESPACE'] || (config?.namespace ?? 'weir')
  const gate = redisGate(redis, namespace, mono)
  const exits = redisExits(redis, namespace, { env, mono, random: Math.random })
  exits.use(config?.proxies ?? [])
  return {
    gate,
    exits,
    close: async () => {
      await gate.close()
      redis.disconnect()
    },
  }
}

/** Null where there is no config, or a broken one: a scraper can be tried before its config is well. */
async function configOf(env: Environment): Promise<CompiledConfig | null> {
  const file = env['WEIR_CONFIG'] || 'streams.config.ts'
  return existsSync(file) ? loadConfig(file).catch(() => null) : null
}
