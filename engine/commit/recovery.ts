/**
 * Brings a fold to the committed position: load the last complete round, replay the log from there with outputs
 * dropped, and compare the small state recomputed on the way with the committed one. A difference means that the
 * fold is not deterministic or the data was changed: then the partition stops and says so, it never guesses.
 */
import type { Redis } from 'ioredis'
import { WeirError } from '../error.ts'
import type { Entry } from '../event/entry.ts'
import type { PartitionKeys } from '../stream/keys.ts'
import { readLog } from '../stream/read-log.ts'
import { assertKnown } from '../fold-version.ts'
import { agreement } from './agreement.ts'
import type { Fold, Small } from './folding.ts'
import { type Manifest, Rounds, unpack } from './rounds.ts'

const BLOCKS_AT_ONCE = 200

export interface Recovered {
  rounds: Rounds
  /** Entries replayed since the snapshot. */
  replayed: number
  /** What the comparison with the committed state came to. */
  check: 'passed' | 'passed, outputs changed with the version' | 'nothing to check'
}

/** `meta`: as read at acquire. `admit` prepares an entry for the fold (loads the control state it names). */
export async function recover(
  redis: Redis,
  keys: PartitionKeys,
  meta: ReadonlyMap<string, string>,
  fold: Fold,
  admit: (entry: Entry) => Promise<Entry>,
): Promise<Recovered> {
  const committed = meta.get('small')
  if (committed !== undefined) assertKnown((JSON.parse(committed) as Partial<Small>).version ?? 1, keys.meta)
  const round = Number(meta.get('round') ?? 0)
  const manifest =
    round === 0 ? { round, off: '0-0', n: 0, fields: {} } : await loadRound(redis, keys, round, fold)
  const rounds = new Rounds(manifest)
  rounds.sweep(await redis.hkeys(keys.snapshot))
  let replayed = 0
  fold.shows = false
  const to = meta.get('off') ?? '0-0'
  for await (const entries of readLog(redis, keys.log, manifest.off, to)) {
    for (const entry of entries) fold.step(await admit(entry))
    replayed += entries.length
    fold.take()
  }
  fold.shows = true
  if (committed === undefined) return { rounds, replayed, check: 'nothing to check' }
  const agreed = agreement(committed, fold.small(), replayed)
  // What was gone before it was read is counted, and cannot be replayed.
  const holes = Number(meta.get('holes') ?? 0) - (manifest.holes ?? 0)
  const n = manifest.n + replayed + holes
  const before = Number(meta.get('n') ?? 0)
  if (n < before) throw shortened(keys, manifest.off, to, before - n)
  if (agreed === 'different' || n !== before) throw mismatch(keys, committed, fold, n, before)
  const check = agreed === 'same' ? 'passed' : 'passed, outputs changed with the version'
  return { rounds, replayed, check }
}

async function loadRound(redis: Redis, keys: PartitionKeys, round: number, fold: Fold): Promise<Manifest> {
  const json = await redis.hget(keys.snapshot, `manifest@${round}`)
  if (json === null) throw damaged(keys, `manifest of round ${round} is missing`)
  const manifest = JSON.parse(json) as Manifest
  const names = Object.keys(manifest.fields)
  const blocks = new Map<string, Buffer>()
  for (let i = 0; i < names.length; i += BLOCKS_AT_ONCE) {
    const some = names.slice(i, i + BLOCKS_AT_ONCE)
    const found = await redis.hmgetBuffer(keys.snapshot, ...some.map((name) => manifest.fields[name]!))
    const gone = found.indexOf(null)
    if (gone !== -1) throw damaged(keys, `block ${some[gone]} is missing`)
    const unpacked = await Promise.all(found.map((bytes) => unpack(bytes!)))
    for (const [k, bytes] of unpacked.entries()) blocks.set(some[k]!, bytes)
  }
  fold.restore(blocks)
  return manifest
}

function mismatch(
  keys: PartitionKeys,
  committed: string,
  fold: Fold,
  n: number,
  committedN: number,
): WeirError {
  const now = JSON.stringify(fold.small())
  return new WeirError(
    `recovery of ${keys.log} does not arrive at what was committed: ${now} with ${n} entries, committed ${committed} with ${committedN}.`,
    {
      code: 'WEIR_RECOVERY_MISMATCH',
      domain: 'internal',
      retry: false,
      where: keys.meta,
      todo: 'This partition stays stopped. Keep its keys (redis-cli --rdb) and report them; other partitions go on.',
    },
  )
}

function shortened({ log }: PartitionKeys, from: string, to: string, gone: number): WeirError {
  return new WeirError(
    `${gone} entries of ${log} between its last snapshot (${from}) and the committed position (${to}) are gone: somebody else trimmed or deleted them.`,
    {
      code: 'WEIR_LOG_SHORTENED',
      domain: 'external',
      retry: false,
      where: log,
      todo: 'Take MAXLEN, MINID, XTRIM and XDEL out of what writes there: Weir trims by itself. Then delete all keys of this partition, its log included, to start it anew.',
    },
  )
}

function damaged(keys: PartitionKeys, what: string): WeirError {
  return new WeirError(`the snapshot is damaged: ${what}.`, {
    code: 'WEIR_SNAPSHOT',
    domain: 'external',
    retry: false,
    where: keys.snapshot,
    todo: 'Was the key edited or evicted? Check maxmemory-policy (noeviction is needed).',
  })
}
