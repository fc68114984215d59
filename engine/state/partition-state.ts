/** What `look.lua` says of a partition, as facts with units. Pure. */
import type { Small } from '../commit/folding.ts'
import { isAhead } from '../commit/log-ahead.ts'

export interface PartitionState {
  stream: string
  partition: number
  /** Who took the lease last; null before anybody did, or after it was given back to nobody. */
  owner: { worker: string; epoch: number } | null
  /** Until the lease runs out, ms; 0 when it has. */
  leaseLeft: number
  /** Committed position, and the number of entries up to there. */
  position: string
  read: number
  /** Rules that cannot be judged because they fail, `<rule>: <reason>`. */
  failing: string[]
  /** Entries that were trimmed or deleted before they were read, since the beginning. */
  holes: number
  /** How far the newest id is ahead of the server's clock, ms; 0 where it is not by more than a minute. */
  ahead: number
  /** Written but not committed. `atLeast`: more wait than were looked at. */
  lag: { entries: number; events: number; atLeast: boolean }
  /** Since the last commit, ms; null before the first. */
  committedAge: number | null
  /** The last complete one; `age`: how far its position lies back, ms of log time. Null before the first. */
  snapshot: { round: number; position: string; age: number; bytes: number } | null
  /** Blocks on their way into the series, and entries on their way to other partitions. */
  pend: number
  outbox: number
  bytes: { log: number; snapshot: number; view: number }
  /** Groups with series, over all metrics. */
  groups: number
  /** Rows kept in the ledgers. */
  dead: number
  late: number
  /** How long the ids of events are remembered at least, ms, where so many came that it is less than a day. */
  idSpan: number | null
  /** Events counted under `__other__` because a metric has too many groups, once per metric. */
  other: number
  /** Exact, since the beginning. */
  counts: Pick<Small, 'counted' | 'duplicate' | 'late' | 'dead' | 'missing' | 'forwarded'>
}

/** `reply`: flat [name, value, …] of look.lua. */
export function partitionState(stream: string, partition: number, reply: readonly string[]): PartitionState {
  const said = new Map<string, string>()
  for (let i = 0; i + 1 < reply.length; i += 2) said.set(reply[i]!, reply[i + 1]!)
  const number = (name: string): number => Number(said.get(name) ?? 0)
  const now = number('now')
  const entries = Math.max(0, number('entries-added') - number('n'))
  const seen = number('waiting-seen')
  const at = said.get('at')
  const last = said.get('last-generated-id') ?? '0-0'
  return {
    stream,
    partition,
    owner: ownerOf(said.get('owner')),
    leaseLeft: Math.max(0, number('exp') - now),
    position: said.get('off') ?? '0-0',
    read: number('n'),
    failing: failingOf(said.get('small')),
    holes: number('holes'),
    ahead: isAhead(last, now) ? Number.parseInt(last) - now : 0,
    lag: { entries, events: number('waiting-rows'), atLeast: entries > seen },
    committedAge: at === undefined ? null : Math.max(0, now - Number(at)),
    snapshot: snapshotOf(said, now),
    pend: number('pend'),
    outbox: number('outbox'),
    bytes: { log: number('log-bytes'), snapshot: number('snapshot-bytes'), view: number('view-bytes') },
    groups: number('groups'),
    dead: number('dead'),
    late: number('late'),
    ...smallOf(said.get('small')),
  }
}

function failingOf(json: string | undefined): string[] {
  return json === undefined ? [] : ((JSON.parse(json) as Partial<Small>).failing ?? [])
}

/** A token is `epoch:worker:nonce`. */
function ownerOf(token = ''): PartitionState['owner'] {
  const [epoch, worker] = token.split(':')
  return worker === undefined ? null : { worker, epoch: Number(epoch) }
}

function snapshotOf(said: ReadonlyMap<string, string>, now: number): PartitionState['snapshot'] {
  const round = Number(said.get('round') ?? 0)
  if (round === 0) return null
  const position = /"off":"(\d+-\d+)"/.exec(said.get('manifest') ?? '')?.[1] ?? '0-0'
  const age = Math.max(0, now - Number.parseInt(position))
  return { round, position, age, bytes: Number(said.get('snapshot-bytes') ?? 0) }
}

function smallOf(json = '{}'): Pick<PartitionState, 'counts' | 'idSpan' | 'other'> {
  const {
    counted = 0,
    duplicate = 0,
    late = 0,
    dead = 0,
    missing = 0,
    forwarded = 0,
    idSpan = null,
    other = 0,
  } = JSON.parse(json) as Partial<Small>
  return { counts: { counted, duplicate, late, dead, missing, forwarded }, idSpan, other }
}
