/** The one place where Redis clients are built: never a silent resend, RESP2 shapes everywhere. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ConnectionOptions } from 'node:tls'
import { Redis, type SentinelConnectionOptions } from 'ioredis'
import { WeirError } from '../error.ts'
import { redisAway } from '../event/redis-away.ts'
import { ClusterClient, type NodeOptions, type Options } from './cluster-client.ts'
import { hostOf, parseRedisUrl, type RedisAddress } from './redis-url.ts'

/**
 * `commit`: commands that change state; a lost connection rejects at once, the caller decides.
 * `block`: one blocking read at a time, never resent either.
 * `query`: reads for people; may wait for a reconnect.
 */
export type ConnectionRole = 'commit' | 'block' | 'query'

/**
 * A server that owes an answer for so long is taken for gone, and its connection closed: a half-open one would keep
 * its caller waiting for ever. Longer than any blocking read here, and shorter than people wait, ms.
 */
export const SILENCE_MS = 5000
/** Loading a large AOF takes its time; a Sentinel or a cluster may be asked several times, ms. */
const REACH_MS = 15_000
/** A Sentinel that says nothing for so long is passed over, ms. */
const SENTINEL_MS = 1000

/**
 * A client for any address of `parseRedisUrl`; a cluster's has the same commands, one slot each (`sendEach` takes
 * those of several). Connects when first used, or by `reach`. Throws WEIR_USAGE for an address that cannot be read.
 */
export function connect(url: string, role: ConnectionRole, name = `weir-${role}`): Redis {
  const address = parseRedisUrl(url)
  const redis = build(address, role, name)
  // Without a listener a refused connection is an uncaught error; callers see their own command fail.
  redis.on('error', () => undefined)
  return redis
}

/**
 * Connects a client that `connect` has built. Rejects with WEIR_REDIS_AWAY, or WEIR_USAGE where the address names one
 * node of a cluster as if it were all; the password is not in the message.
 */
export async function reach(redis: Redis, url: string, patience = REACH_MS): Promise<void> {
  let said: unknown = null
  const listen = (error: unknown): void => void (said = error)
  redis.on('error', listen)
  const late = new AbortController()
  try {
    const overdue = sleep(patience, null, { signal: late.signal }).then(() => {
      throw new Error(`no answer within ${patience / 1000} s`)
    })
    overdue.catch(() => undefined)
    await Promise.race([redis.connect(), overdue])
  } catch (cause) {
    const todo = 'Start Redis there, or set REDIS_URL.'
    throw redisAway(`Redis does not answer at ${hostOf(url)}`, said ?? cause, 'REDIS_URL', todo)
  } finally {
    late.abort()
    redis.off('error', listen)
  }
  if (clusterOf(redis) === null && (await isClusterNode(redis)))
    throw new WeirError(`${hostOf(url)} is a node of a Redis Cluster, which has only a part of the data.`, {
      code: 'WEIR_USAGE',
      domain: 'user',
      retry: false,
      where: 'REDIS_URL',
      todo: `Write redis+cluster:// (with TLS rediss+cluster://) and one or more of its nodes.`,
    })
}

/** Where INFO is not allowed, or the connection lost again, nobody knows. */
function isClusterNode(redis: Redis): Promise<boolean> {
  return redis.info('cluster').then(
    (info) => info.includes('cluster_enabled:1'),
    () => false,
  )
}

/** The cluster behind a client, or null where it speaks with one server. */
export function clusterOf(redis: Redis): ClusterClient | null {
  return (redis as unknown) instanceof ClusterClient ? (redis as unknown as ClusterClient) : null
}

/** Another client with the settings of a given one, of role `commit`. */
export function commitCopy(redis: Redis): Redis {
  const patient = patienceOf('commit')
  const cluster = clusterOf(redis)?.another((own) => clusterOptions({ ...own, ...patient }, 'commit'))
  const copy = (cluster as unknown as Redis | undefined) ?? redis.duplicate({ ...patient, lazyConnect: true })
  copy.on('error', () => undefined)
  return copy
}

/** Connects a client of role `commit` when it is first used; what it returns is called before each use. */
export function whenUsed(redis: Redis): () => Promise<void> {
  let connecting: Promise<void> | null = null
  return async () => {
    // A Redis that is away now may come later: each command says for itself whether it is there.
    if (redis.status === 'wait') connecting = redis.connect().catch(() => undefined)
    await connecting
  }
}

function build(address: RedisAddress, role: ConnectionRole, name: string): Redis {
  const common = { ...settings(address, name), ...patienceOf(role) }
  const lazyConnect = true
  const retryStrategy = backOff
  if (address.kind === 'cluster') {
    // To TypeScript the two differ in what no caller here uses.
    return new ClusterClient(address.nodes, clusterOptions(common, role), SILENCE_MS) as unknown as Redis
  }
  const { db } = address
  if (address.kind === 'sentinel')
    return new Redis({ ...common, ...sentinelOptions(address), db, lazyConnect, retryStrategy })
  return new Redis({ ...common, ...address.nodes[0]!, db, lazyConnect, retryStrategy })
}

function settings({ auth, tls }: RedisAddress, connectionName: string): NodeOptions {
  return {
    protocol: 2,
    connectionName,
    connectTimeout: SILENCE_MS,
    socketTimeout: SILENCE_MS,
    ...(auth.user === undefined ? {} : { username: auth.user }),
    ...(auth.password === undefined ? {} : { password: auth.password }),
    ...(tls ? { tls: tlsOptions() } : {}),
    // What was the master is none any more: ask again who is, and let the caller send again.
    reconnectOnError: (error) => /^(READONLY|UNBLOCKED|MASTERDOWN)/.test(error.message),
  }
}

/** A resent XADD is a doubled event: reject instead, and let the caller resend under its own numbers. */
function patienceOf(role: ConnectionRole): { maxRetriesPerRequest: number; enableOfflineQueue: boolean } {
  return { maxRetriesPerRequest: role === 'query' ? 2 : 0, enableOfflineQueue: role === 'query' }
}

/** MOVED, ASK and TRYAGAIN say that nothing was done, so those alone are followed; a lost reply says nothing. */
function clusterOptions(redisOptions: NodeOptions, role: ConnectionRole): Options {
  return {
    redisOptions,
    lazyConnect: true,
    // Waits for a node that is being connected to; the deadline on each command bounds that.
    enableOfflineQueue: true,
    retryDelayOnFailover: role === 'query' ? 100 : 0,
    retryDelayOnClusterDown: 100,
    retryDelayOnTryAgain: 50,
    slotsRefreshTimeout: SENTINEL_MS,
    clusterRetryStrategy: backOff,
    // With TLS the name is what the certificate is checked against.
    ...(redisOptions.tls === undefined ? {} : { dnsLookup: (host, done) => done(null, host) }),
  }
}

/** Without the detector a client goes on writing to a master that was replaced while it still answers. */
function sentinelOptions(address: RedisAddress & { kind: 'sentinel' }): SentinelConnectionOptions {
  const { nodes, master, sentinelAuth, tls } = address
  return {
    sentinels: nodes,
    name: master,
    failoverDetector: true,
    sentinelCommandTimeout: SENTINEL_MS,
    connectTimeout: SENTINEL_MS,
    sentinelReconnectStrategy: () => SENTINEL_MS,
    sentinelRetryStrategy: backOff,
    ...(sentinelAuth.user === undefined ? {} : { sentinelUsername: sentinelAuth.user }),
    ...(sentinelAuth.password === undefined ? {} : { sentinelPassword: sentinelAuth.password }),
    ...(tls ? { sentinelTLS: tlsOptions(), enableTLSForSentinelMode: true } : {}),
  }
}

function backOff(attempt: number): number {
  return Math.min(50 * 2 ** Math.min(attempt, 6), 2000)
}

/** REDIS_TLS_CA names a file with the authorities to trust; _CERT and _KEY those of a client certificate. */
function tlsOptions(): ConnectionOptions {
  const options: ConnectionOptions = {}
  for (const [option, variable] of [
    ['ca', 'REDIS_TLS_CA'],
    ['cert', 'REDIS_TLS_CERT'],
    ['key', 'REDIS_TLS_KEY'],
  ] as const) {
    const path = process.env[variable]
    if (!path) continue
    try {
      options[option] = readFileSync(path)
    } catch (cause) {
      const why = (cause as NodeJS.ErrnoException).code ?? 'unreadable'
      throw new WeirError(`the file cannot be read: ${why}.`, {
        code: 'WEIR_USAGE',
        domain: 'user',
        retry: false,
        where: variable,
        todo: 'Name a PEM file that this user may read.',
      })
    }
  }
  return options
}
