/** From where a partition can be replayed: the beginning of its log, a snapshot, or as far back as the log goes. */
import type { Redis } from 'ioredis'
import { recover } from '../commit/recovery.ts'
import type { Manifest } from '../commit/rounds.ts'
import { readControl } from '../control/control-log.ts'
import type { Entry } from '../event/entry.ts'
import { SHIPPER } from '../event/sequence.ts'
import { isAlertRow } from '../alert/row.ts'
import type { StreamFold } from '../exchange/stream-fold.ts'
import { partitionKeys, type PartitionKeys } from '../stream/keys.ts'
import { readLog } from '../stream/read-log.ts'
import { TURN } from '../window/turns.ts'
import type { AlertLog } from './alert-log.ts'

export interface LogStart {
  /** `<stream>.<partition>` */
  partition: string
  /**
   * `beginning`: nothing is missing. `snapshot`: older entries are gone, the state of then is there.
   * `trimmed`: older entries are gone, and windows that reach back to them begin empty.
   */
  kind: 'beginning' | 'snapshot' | 'trimmed'
  /** Log time (ms) of the first entry replayed. */
  first: number
  /** Entries that are no longer in the log. */
  gone: number
}

export interface Started extends LogStart {
  fold: StreamFold
  /** Position after which the replay reads. */
  off: string
  /** Oldest entry that has to be there, and the newest when the replay began. */
  needed: string
  last: string
}

/** A snapshot's blocks are replaced while we read them: then the next one is there. */
const ATTEMPTS = 3

/**
 * Null where the partition has no log. `from`: log time (ms) from which on outputs are wanted. `foldOf` makes a fold
 * that begins under a control state ('' where none is known).
 */
export async function startOf(
  redis: Redis,
  namespace: string,
  target: { stream: string; partition: number },
  from: number,
  foldOf: (control: string) => StreamFold,
): Promise<Started | null> {
  const keys = partitionKeys(namespace, target.stream, target.partition)
  const log = await lookAt(redis, keys)
  if (log === null) return null
  const partition = `${target.stream}.${target.partition}`
  const gone = log.added - log.length
  const found = { partition, gone, needed: log.first, last: log.last }
  const control0 = (await redis.hget(keys.meta, 'control0')) ?? ''
  const first = Number.parseInt(log.first)
  if (gone === 0) return { ...found, kind: 'beginning', first, off: '0-0', fold: foldOf(control0) }
  const snapshot = await lastSnapshot(redis, keys, from, () => foldOf(control0))
  if (snapshot !== null)
    return {
      ...found,
      kind: 'snapshot',
      first: Number.parseInt(snapshot.off),
      needed: snapshot.off,
      ...snapshot,
    }
  const control = await controlAt(redis, namespace, first)
  return { ...found, kind: 'trimmed', first, off: '0-0', fold: foldOf(control) }
}

/**
 * Prepares a fold that begins in the middle of a log: a producer it does not know has been there before, and what
 * it sent before is not missing.
 */
export function introduce(fold: StreamFold, entry: Entry): void {
  if (entry.kind !== 'batch' && entry.kind !== 'reject' && entry.kind !== 'partial') return
  const { from, seq, ms } = entry
  if (seq === 0 || fold.producers.states.has(from)) return
  const state = { last: seq - 1, missing: [], seenAt: ms }
  fold.producers.restore([[from, state]], fold.producers.missing)
}

/** Tells `alerts` what live was told by partitions that start from a snapshot, up to that snapshot. */
export async function seedAlerts(
  redis: Redis,
  namespace: string,
  starts: readonly Started[],
  alerts: AlertLog,
): Promise<void> {
  const upTo = new Map<string, number>(
    starts.flatMap(({ kind, partition, fold }) =>
      kind === 'snapshot' ? [[`${SHIPPER}${partition}`, fold.turned * TURN] as const] : [],
    ),
  )
  if (upTo.size === 0) return
  const { log } = partitionKeys(namespace, 'alerts', 0)
  for await (const entries of readLog(redis, log, '0-0', '+')) {
    for (const entry of entries) {
      if (entry.kind !== 'batch') continue
      const end = upTo.get(entry.from)
      if (end === undefined) continue
      const rows = (entry.columns['row'] ?? []).filter(isAlertRow).filter((row) => row.at <= end)
      if (rows.length > 0) alerts.seed(entry.from, entry.seq, rows, entry.ms)
    }
  }
}

async function lookAt(
  redis: Redis,
  keys: PartitionKeys,
): Promise<{ first: string; last: string; length: number; added: number } | null> {
  if ((await redis.exists(keys.log)) === 0) return null
  const raw = (await redis.xinfo('STREAM', keys.log)) as unknown[]
  const info = (name: string): unknown => raw[raw.indexOf(name) + 1]
  const length = Number(info('length'))
  if (length === 0) return null
  const first = (info('first-entry') as [string, string[]])[0]
  return { first, last: String(info('last-generated-id')), length, added: Number(info('entries-added')) }
}

async function lastSnapshot(
  redis: Redis,
  keys: PartitionKeys,
  from: number,
  newFold: () => StreamFold,
): Promise<{ off: string; fold: StreamFold } | null> {
  for (let attempt = 1; ; attempt++) {
    const round = await redis.hget(keys.meta, 'round')
    const json = round === null ? null : await redis.hget(keys.snapshot, `manifest@${round}`)
    if (json === null) return null
    const { off } = JSON.parse(json) as Manifest
    if (Number.parseInt(off) >= from) return null
    const fold = newFold()
    const meta = new Map([
      ['round', round!],
      ['off', off],
    ])
    try {
      await recover(redis, keys, meta, fold, (entry) => Promise.resolve(entry))
      return { off, fold }
    } catch (error) {
      if (attempt === ATTEMPTS) throw error
    }
  }
}

/** Control state in force at a log time: of the markers before it the newest has followed the control log at once. */
async function controlAt(redis: Redis, namespace: string, ms: number): Promise<string> {
  const states = (await readControl(redis, namespace, '0')).filter(({ kind }) => kind === 'config')
  return (states.findLast(({ id }) => Number.parseInt(id) <= ms) ?? states[0])?.id ?? ''
}
