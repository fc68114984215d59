/** Takes one partition: lease, then load, then replay. Load never comes before the lease. */
import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { AlertFold } from '../alert/alert-fold.ts'
import type { CompiledStream } from '../config/compiled.ts'
import { WeirError } from '../error.ts'
import type { Entry } from '../event/entry.ts'
import { streamFold, type StreamFold } from '../exchange/stream-fold.ts'
import { partitionKeys } from '../stream/keys.ts'
import type { Controls } from './controls.ts'
import type { PartitionEnvironment } from './environment.ts'
import type { Numbers } from './outgoing.ts'
import { Partition } from './partition.ts'
import { recover, type Recovered } from './recovery.ts'
import { acquire, type WrongType } from './redis-scripts.ts'
import { type Present, Retention } from './retention.ts'

/** The internal stream of verdict changes: one partition, its own fold. */
export const ALERTS = 'alerts'

export interface Target {
  stream: string
  partition: number
}

export type Claimed =
  | { verdict: 'HELD'; left: number }
  | { verdict: 'OK'; partition: Partition; replayed: number; check: Recovered['check'] }

/** `own`: token to be replaced at once, after this process lost its place. Throws where the partition must stop. */
export async function claim(
  env: PartitionEnvironment,
  controls: Controls,
  worker: string,
  target: Target,
  own: string,
): Promise<Claimed> {
  const keys = partitionKeys(env.namespace, target.stream, target.partition)
  const nonce = randomUUID().slice(0, 8)
  const acquired = await acquire(
    env.redis,
    keys,
    worker,
    nonce,
    env.ttl,
    controls.declaring(target.stream),
    own,
  )
  if (acquired.verdict === 'HELD') return acquired
  if (acquired.verdict === 'TYPE') throw wrongType(acquired)
  if (acquired.verdict === 'RESET') throw positionLost(keys.log, acquired.off, acquired.last)
  await assertOwn(env.redis, keys.outbox, acquired.meta)
  const now = env.now()
  const control0 = acquired.meta.get('control0')!
  const admit = admitter(controls)
  await admit({ kind: 'control', control: control0, id: '0-0', ms: 0 })
  const fold = foldOf(target, control0, controls)
  const recovered = await recover(env.redis, keys, acquired.meta, fold, admit)
  const stream = (): CompiledStream | null => (fold instanceof AlertFold ? null : fold.stream)
  const retention = new Retention(await presentIn(env.redis, keys.log, acquired))
  if (recovered.rounds.manifest.round > 0) retention.snapshotAt(recovered.rounds.manifest.off)
  const name = `${target.stream}.${target.partition}`
  const partition = new Partition(
    env,
    { name, partition: target.partition, keys, stream },
    fold,
    acquired,
    recovered.rounds,
    retention,
    now,
  )
  await partition.resume()
  return { verdict: 'OK', partition, replayed: recovered.replayed, check: recovered.check }
}

/** An outbox with a higher id than was ever committed is somebody else's: no commit could write to it. */
async function assertOwn(redis: Redis, outbox: string, meta: ReadonlyMap<string, string>): Promise<void> {
  const { outbox: ours } = JSON.parse(meta.get('numbers') ?? '{"outbox":0}') as Pick<Numbers, 'outbox'>
  const [newest] = await redis.xrevrange(outbox, '+', '-', 'COUNT', 1)
  if (newest !== undefined && Number.parseInt(newest[0]) > ours)
    throw wrongType({
      verdict: 'TYPE',
      key: outbox,
      is: `stream up to ${newest[0]}`,
      should: `stream up to ${ours}-0`,
    })
}

async function presentIn(
  redis: Redis,
  log: string,
  { last, now }: { last: string; now: number },
): Promise<Present> {
  const [bytes, oldest] = await Promise.all([
    // Of all nodes: an imported history has larger ones than what came live.
    redis.memory('USAGE', log, 'SAMPLES', 0),
    redis.xrange(log, '-', '+', 'COUNT', 1),
  ])
  return { bytes: Number(bytes ?? 0), first: oldest[0]?.[0] ?? last, last, now }
}

function foldOf({ stream, partition }: Target, control0: string, controls: Controls): AlertFold | StreamFold {
  return stream === ALERTS
    ? new AlertFold(control0)
    : streamFold(stream, partition, control0, controls.resolve)
}

/** Makes sure that the control state an entry names is loaded; one that does not exist is a broken entry. */
export function admitter(controls: Controls): (entry: Entry) => Promise<Entry> {
  return async (entry) => {
    if (!('control' in entry) || controls.has(entry.control)) return entry
    await controls.refresh()
    if (controls.has(entry.control)) return entry
    const { id, ms } = entry
    return { id, ms, kind: 'broken', reason: `control state ${entry.control} does not exist`, raw: '' }
  }
}

function wrongType({ key, is, should }: WrongType): WeirError {
  return new WeirError(`the key is a ${is}, not a ${should}: somebody else wrote it.`, {
    code: 'WEIR_WRONG_TYPE',
    domain: 'external',
    retry: false,
    where: key,
    todo: 'This partition stays stopped, and nothing of it was changed. Move the key away, then restart the engine.',
  })
}

function positionLost(log: string, off: string, last: string): WeirError {
  const what =
    off === ''
      ? 'the committed position is gone, and the log is not new'
      : `the committed position ${off} is beyond the end of the log (${last})`
  return new WeirError(`${what}.`, {
    code: 'WEIR_POSITION_LOST',
    domain: 'external',
    retry: false,
    where: log,
    todo: 'Keys were deleted, replaced or evicted (maxmemory-policy?). Delete all keys of this partition to start it anew.',
  })
}
