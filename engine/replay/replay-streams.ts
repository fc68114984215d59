/** Which logs a replay reads, and whether they can be read under the configuration that it is given. */
import type { Redis } from 'ioredis'
import type { Controls } from '../commit/controls.ts'
import type { CompiledConfig, CompiledStream } from '../config/compiled.ts'
import { suggest } from '../config/nearest.ts'
import { incompatible } from '../control/compatible.ts'
import { WeirError } from '../error.ts'
import { sharedKeys } from '../stream/keys.ts'

export interface ReplayTarget {
  redis: Redis
  namespace: string
  /** In force throughout; without it the control states marked in the logs are. */
  config?: CompiledConfig
  /** Only this stream. */
  stream?: string
  /** Log times (ms) from which on, and up to which, outputs are told. */
  from?: number
  to?: number
}

/** The streams to replay, as they are declared. */
export async function streamsOf(target: ReplayTarget, controls: Controls): Promise<CompiledStream[]> {
  const { redis, namespace, config, stream } = target
  const active = controls.newest === '' ? null : controls.resolve(controls.newest)
  const declared = config ?? active
  if (declared === null) {
    throw new WeirError(`no engine has run in namespace '${namespace}'.`, {
      code: 'WEIR_QUERY',
      domain: 'user',
      retry: false,
      todo: 'Set REDIS_URL and WEIR_NAMESPACE to where one has.',
    })
  }
  if (config !== undefined) await assertReadable(redis, namespace, active?.streams ?? [], config)
  const streams = declared.streams.filter(
    ({ name, merges }) => stream === undefined || name === stream || merges === stream,
  )
  if (streams.length > 0) return streams
  const known = declared.streams.map(({ name }) => name)
  throw new WeirError(`there is no stream "${stream}".`, {
    code: 'WEIR_STREAM_UNKNOWN',
    domain: 'user',
    retry: false,
    todo: suggest(stream ?? '', known),
  })
}

/** The same that publishing the config would refuse: a key or a number of partitions other than the log's. */
async function assertReadable(
  redis: Redis,
  namespace: string,
  active: readonly CompiledStream[],
  config: CompiledConfig,
): Promise<void> {
  const partitions = await redis.hgetall(sharedKeys(namespace).partitions)
  const moved = config.streams.find(
    ({ name, partitions: n }) => partitions[name] !== undefined && Number(partitions[name]) !== n,
  )
  const clash = moved
    ? { stream: moved.name, why: `it has ${partitions[moved.name]} partitions` }
    : incompatible(active, config.streams)
  if (clash === null) return
  throw new WeirError(`the log of stream '${clash.stream}' cannot be read like this: ${clash.why}.`, {
    code: 'WEIR_CONFIG',
    domain: 'user',
    retry: false,
    where: 'config',
    todo: 'Declare the stream as it was when its log was written.',
  })
}
