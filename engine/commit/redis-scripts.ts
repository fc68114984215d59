/** The partition's scripts as typed calls. Every script names its KEYS, ARGV and answers at its top. */
import { readFileSync } from 'node:fs'
import type { Redis } from 'ioredis'
import type { PartitionKeys } from '../stream/keys.ts'

const source = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8')

const SCRIPTS = {
  weirAcquire: { numberOfKeys: 11, lua: source('types.lua') + source('acquire.lua') },
  weirRenew: { numberOfKeys: 2, lua: source('renew.lua') },
  weirCommit: { numberOfKeys: 11, lua: source('types.lua') + source('commit.lua') },
}

type Scripted = Redis &
  Record<keyof typeof SCRIPTS, (...args: (string | number | Buffer)[]) => Promise<unknown[]>>

function scripted(redis: Redis): Scripted {
  const known = redis as unknown as Partial<Scripted>
  for (const [name, script] of Object.entries(SCRIPTS)) {
    if (known[name as keyof typeof SCRIPTS] === undefined) redis.defineCommand(name, script)
  }
  return redis as unknown as Scripted
}

/** A key that is not what it should be: somebody else wrote it. Nothing was changed. */
export interface WrongType {
  verdict: 'TYPE'
  key: string
  is: string
  should: string
}

/** In the order in which the scripts know them. */
function all(keys: PartitionKeys): string[] {
  const { meta, log, pend, view, live, outbox, snapshot, dead, late, acks, accounts } = keys
  return [meta, log, pend, view, live, outbox, snapshot, dead, late, acks, accounts]
}

export type Acquired =
  | WrongType
  | { verdict: 'HELD'; left: number }
  | { verdict: 'RESET'; off: string; last: string }
  | { verdict: 'OK'; token: string; now: number; last: string; meta: Map<string, string> }

export async function acquire(
  redis: Redis,
  keys: PartitionKeys,
  worker: string,
  nonce: string,
  ttl: number,
  control: string,
  own = '',
): Promise<Acquired> {
  const reply = await scripted(redis).weirAcquire(...all(keys), worker, nonce, ttl, control, own)
  switch (reply[0]) {
    case 'TYPE':
      return { verdict: 'TYPE', key: String(reply[1]), is: String(reply[2]), should: String(reply[3]) }
    case 'HELD':
      return { verdict: 'HELD', left: Number(reply[1]) }
    case 'RESET':
      return { verdict: 'RESET', off: String(reply[1]), last: String(reply[2]) }
    default: {
      const meta = new Map<string, string>()
      for (let i = 4; i + 1 < reply.length; i += 2) meta.set(String(reply[i]), String(reply[i + 1]))
      const [, token, now, last] = reply
      return {
        verdict: 'OK',
        token: String(token),
        now: Number(now),
        last: String(last),
        meta,
      }
    }
  }
}

export interface Renewal {
  token: string
  ttl: number
  off: string
  n: number
  tick?: boolean
  mark?: string
  release?: boolean
  /** Whether the fold holds the log's clock for ahead. */
  ahead?: boolean
}
export interface Renewed {
  verdict: 'OK' | 'FENCED' | 'STALE' | 'GONE' | 'CLOCK'
  now: number
  last: string
}

export async function renew(redis: Redis, keys: PartitionKeys, r: Renewal): Promise<Renewed> {
  const flag = (on: boolean | undefined): string => (on ? '1' : '')
  const reply = await scripted(redis).weirRenew(
    keys.meta,
    keys.log,
    r.token,
    r.ttl,
    r.off,
    r.n,
    flag(r.tick),
    r.mark ?? '',
    flag(r.release),
    flag(r.ahead),
  )
  return { verdict: reply[0] as Renewed['verdict'], now: Number(reply[1] ?? 0), last: String(reply[2] ?? '') }
}

/** Pairs are flat: [field, value, field, value, …]. */
export interface Commit {
  token: string
  before: string
  after: string
  off: string
  n: number
  ttl: number
  trim: string
  outboxTrim: string
  tails: string[]
  meta: string[]
  pend: string[]
  view: string[]
  viewGone: string[]
  outbox: string[]
  snapshot: (string | Buffer)[]
  snapshotGone: string[]
  dead: string[]
  late: string[]
  live: string[]
  acks: string[]
  accountsGone: string[]
  accounts: string[]
}
export interface Committed {
  verdict: 'OK' | 'DUP' | 'FENCED' | 'STALE' | 'GONE' | 'CLOCK' | 'TYPE'
  now: number
  last: string
  /** Entries ever written to the log. */
  added: number
}

/**
 * While its slot moves in a cluster, a script that names a key which is not there is put off (TRYAGAIN). So a commit
 * names the keys it touches; in the place of another one stands one of the same type.
 */
function touchedBy(keys: PartitionKeys, c: Commit): PartitionKeys {
  const { meta, log } = keys
  const either = (key: string, other: string, ...parts: readonly { length: number }[]): string =>
    parts.some(({ length }) => length > 0) ? key : other
  return {
    ...keys,
    pend: either(keys.pend, meta, c.pend),
    view: either(keys.view, meta, c.view, c.viewGone),
    live: either(keys.live, log, c.live),
    outbox: either(keys.outbox, log, c.outbox, c.outboxTrim),
    snapshot: either(keys.snapshot, meta, c.snapshot, c.snapshotGone),
    dead: either(keys.dead, log, c.dead),
    late: either(keys.late, log, c.late),
    acks: either(keys.acks, meta, c.acks),
    accounts: either(keys.accounts, meta, c.accounts, c.accountsGone),
  }
}

/** Entries kept in each of live, dead and late. */
const KEPT = 10_000

export async function commit(redis: Redis, keys: PartitionKeys, c: Commit): Promise<Committed> {
  const args: (string | number | Buffer)[] = [
    ...all(touchedBy(keys, c)),
    c.token,
    c.before,
    c.after,
    c.off,
    c.n,
    c.ttl,
    c.trim,
    c.outboxTrim,
    KEPT,
  ]
  const sections = [
    c.tails,
    c.meta,
    c.pend,
    c.view,
    c.viewGone,
    c.outbox,
    c.snapshot,
    c.snapshotGone,
    c.dead,
    c.late,
    c.live,
    c.acks,
    c.accountsGone,
    c.accounts,
  ]
  for (const section of sections) args.push(section.length, ...section)
  const reply = await scripted(redis).weirCommit(...args)
  return {
    verdict: reply[0] as Committed['verdict'],
    now: Number(reply[1] ?? 0),
    last: String(reply[2] ?? ''),
    added: Number(reply[3] ?? 0),
  }
}
