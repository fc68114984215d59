/** What commands need that visit by hand: a browser, and the limits that all other processes keep. */
import { existsSync } from 'node:fs'
import {
  type CommandWorld,
  type CompiledConfig,
  connect,
  loadConfig,
  printable,
  reach,
  redisUrlOf,
} from '../../engine/index.ts'
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
  close(): Promise<void>
}

type Environment = Readonly<Record<string, string | undefined>>

const REDIS_MS = 2000

/**
 * `browser`: whether pages are visited. What people should know about the limits is said as an error is, beside the
 * output. Rejects where the config is broken, and with WEIR_SETUP where a browser is needed and none starts.
 */
export async function takeHand(
  { env, err }: Pick<CommandWorld, 'env' | 'err'>,
  browser: boolean,
): Promise<Hand> {
  const config = await configOf(env)
  const namespace = config?.namespace ?? (env['WEIR_NAMESPACE'] || 'weir')
  const hostRules = env['WEIR_HOST_RESOLVER_RULES']
  const pool = browser
    ? await openPool({
        executable: await findBrowser(env),
        workers: 1,
        ...(env['WEIR_CHROMIUM_SANDBOX'] === 'off' && { noSandbox: true }),
        ...(hostRules !== undefined && hostRules !== '' && { hostRules }),
      })
    : null
  const shared = await sharedGate(env, namespace, config?.proxies ?? [])
  if (shared === null)
    err('No Redis answers: what other processes agreed with this site is not known here.\n')
  else if (config === null)
    err(
      `There is no config at ${printable(configPath(env))}: limits are those of the namespace ${printable(namespace)}, and no proxy is known.\n`,
    )
  return {
    gate: shared?.gate ?? loneGate(),
    ...(shared && { exits: shared.exits }),
    pool,
    hostsRemapped: hostRules !== undefined && hostRules !== '',
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

async function sharedGate(
  env: Environment,
  namespace: string,
  proxies: NonNullable<CompiledConfig['proxies']>,
): Promise<Shared | null> {
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
  const gate = redisGate(redis, namespace, mono)
  const exits = redisExits(redis, namespace, { env, mono, random: Math.random })
  exits.use(proxies)
  return {
    gate,
    exits,
    close: async () => {
      await gate.close()
      redis.disconnect()
    },
  }
}

/** Null where there is none. */
async function configOf(env: Environment): Promise<CompiledConfig | null> {
  const file = configPath(env)
  return existsSync(file) ? loadConfig(file, env) : null
}

/** The config of this folder, unless another one is named. */
export function configPath(env: Environment): string {
  return env['WEIR_CONFIG'] || 'streams.config.ts'
}
