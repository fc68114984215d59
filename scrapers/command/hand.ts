/** What commands need that visit by hand: a browser, and the limits that all other processes keep. */
import { existsSync } from 'node:fs'
import { connect, loadConfig, reach, redisUrlOf } from '../../engine/index.ts'
import { findBrowser } from '../pool/executable.ts'
import { type Pool, openPool } from '../pool/pool.ts'
import type { Gate } from '../politeness/gate.ts'
import { loneGate } from '../politeness/lone-gate.ts'
import { redisGate } from '../politeness/redis-gate.ts'

export interface Hand {
  gate: Gate
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

async function sharedGate(env: Environment): Promise<{ gate: Gate; close(): Promise<void> } | null> {
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
  const gate = redisGate(redis, await namespaceOf(env), () => performance.now())
  return {
    gate,
    close: async () => {
      await gate.close()
      redis.disconnect()
    },
  }
}

/** WEIR_NAMESPACE, else that of the config; a config that is broken or not there says nothing. */
async function namespaceOf(env: Environment): Promise<string> {
  if (env['WEIR_NAMESPACE']) return env['WEIR_NAMESPACE']
  const file = env['WEIR_CONFIG'] || 'streams.config.ts'
  if (!existsSync(file)) return 'weir'
  return loadConfig(file).then(
    ({ namespace }) => namespace,
    () => 'weir',
  )
}
