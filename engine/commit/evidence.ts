/**
 * Reads from the log, before a commit, the entries that show what a change of verdict is about; which of them
 * belong to which change is decided in alert/evidence.ts. Every entry is read once, however many looks need it.
 */
import type { Redis } from 'ioredis'
import {
  alertRows,
  bySource,
  comparePlaces,
  LOOK_BACK,
  type Look,
  looksOf,
  MAX_NAMED,
  type Place,
  placeOf,
} from '../alert/evidence.ts'
import type { AlertRow } from '../alert/row.ts'
import { decode } from '../event/decode.ts'
import type { Entry } from '../event/entry.ts'
import type { CompiledStream } from '../config/compiled.ts'
import { partitionKeys } from '../stream/keys.ts'
import type { Told } from './folding.ts'

/** Entries per read, and most entries looked back through: ticks may stand between those with events. */
const PAGE = LOOK_BACK
const MAX_BACK = 4 * PAGE

/** One row per change, in order; on a merged stream the entries are in the logs of its sources. Rejects where Redis is away. */
export async function withEvidence(
  redis: Redis,
  namespace: string,
  partition: number,
  stream: CompiledStream,
  told: Told[],
): Promise<AlertRow[]> {
  const rows: AlertRow[] = []
  for (const [source, some] of bySource(told, partition)) {
    const { log } = partitionKeys(namespace, stream.merges ?? stream.name, source)
    const found = await fromLog(
      redis,
      log,
      source,
      stream,
      some.map((i) => told[i]!),
    )
    for (const [k, i] of some.entries()) rows[i] = found[k]!
  }
  return rows
}

async function fromLog(
  redis: Redis,
  log: string,
  partition: number,
  stream: CompiledStream,
  told: Told[],
): Promise<AlertRow[]> {
  const end = new LogEnd(redis, log)
  const found = new Map<number, Entry[]>()
  // From old to new, so that what one look has read serves the next.
  const looks = [...looksOf(told)].sort(([, a], [, b]) => comparePlaces(b.named[0]!, a.named[0]!))
  for (const [at, look] of looks) found.set(at, await end.entries(look))
  return alertRows(told, stream, partition, (at) => found.get(at) ?? [])
}

/** A run of entries of a log without gaps, that moves forward with the looks; and entries named beyond it. */
class LogEnd {
  private readonly redis: Redis
  private readonly log: string
  /** Newest first. */
  private run: Entry[] = []
  /** Whether `run` goes back to the first entry of the log. */
  private whole = false
  private named = new Map<string, Entry>()

  constructor(redis: Redis, log: string) {
    this.redis = redis
    this.log = log
  }

  /** Newest first: those named, and those with events among the MAX_BACK up to the newest named. */
  async entries({ named }: Look): Promise<Entry[]> {
    const newest = named[0]!
    await this.forward(newest)
    let back = this.upTo(newest)
    while (!this.whole && back.length < MAX_BACK && back.filter(carriesEvents).length < LOOK_BACK) {
      await this.backward()
      back = this.upTo(newest)
    }
    this.run = this.run.slice(0, this.run.length - back.length + MAX_BACK)
    this.whole &&= back.length <= MAX_BACK
    const recent = back.slice(0, MAX_BACK).filter(carriesEvents).slice(0, LOOK_BACK)
    const known = new Map(recent.map((entry) => [entry.id, entry]))
    for (const entry of await this.single(named.filter((place) => !known.has(idOf(place)))))
      known.set(entry.id, entry)
    return [...known.values()].sort((a, b) => comparePlaces(placeOf(a.id), placeOf(b.id)))
  }

  private upTo(newest: Place): Entry[] {
    return this.run.filter((entry) => comparePlaces(placeOf(entry.id), newest) >= 0)
  }

  /** Brings the run up to `newest`; starts it anew where too much lies between. */
  private async forward(newest: Place): Promise<void> {
    const top = this.run[0]
    if (top !== undefined && comparePlaces(placeOf(top.id), newest) <= 0) return
    const above = top === undefined ? '-' : `(${top.id}`
    const page = await this.read(idOf(newest), above)
    const joined = top !== undefined && page.length < PAGE
    if (!joined) this.whole = page.length < PAGE
    this.run = joined ? [...page, ...this.run] : page
  }

  private async backward(): Promise<void> {
    const oldest = this.run.at(-1)
    const page = oldest === undefined ? [] : await this.read(`(${oldest.id}`, '-')
    this.whole = page.length < PAGE
    this.run.push(...page)
  }

  private async read(from: string, to: string): Promise<Entry[]> {
    const raw = await this.redis.xrevrange(this.log, from, to, 'COUNT', PAGE)
    return raw.map(([id, fields]) => decode(id, fields))
  }

  private async single(places: Place[]): Promise<Entry[]> {
    if (this.named.size > 4 * MAX_NAMED) this.named = new Map()
    const ids = places.map(idOf)
    const missing = ids.filter((id) => !this.named.has(id))
    const pipeline = this.redis.pipeline()
    for (const id of missing) pipeline.xrange(this.log, id, id)
    for (const [error, reply] of missing.length === 0 ? [] : ((await pipeline.exec()) ?? [])) {
      if (error) throw error
      for (const [id, fields] of reply as [string, string[]][]) this.named.set(id, decode(id, fields))
    }
    return ids.flatMap((id) => this.named.get(id) ?? [])
  }
}

function carriesEvents(entry: Entry): boolean {
  return entry.kind === 'batch' || entry.kind === 'flat'
}

function idOf({ ms, seq }: Place): string {
  return `${ms}-${seq}`
}
