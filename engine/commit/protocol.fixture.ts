/**
 * The commit protocol as a pure model: what acquire.lua, commit.lua and renew.lua do to ownership and position, for
 * tests. `protocol.redis.test.ts` holds it equal to the scripts; `protocol.test.ts` explores it. Values are never
 * changed in place, so a store of the past is a prefix of the log that a failover may bring back.
 */

/** Ids are whole numbers from 1: `<id>-0` in Redis; 0 is the beginning. */
export interface Log {
  readonly ids: readonly number[]
  readonly added: number
  readonly last: number
  readonly group: { readonly off: number; readonly read: number } | null
}

export interface Meta {
  readonly owner: string
  readonly epoch: number
  /** `poisoned`: until a time so far ahead that another clock must have written it. */
  readonly lease: 'held' | 'over' | 'poisoned'
  readonly cid: string
  /** Null before the first commit. */
  readonly off: number | null
  readonly n: number | null
  /** Small state, whatever the worker makes of it. */
  readonly small: string | null
}

export interface Store {
  readonly log: Log | null
  readonly meta: Meta | null
  /** Outputs of all commits, in order. */
  readonly outputs: readonly string[]
}

export const EMPTY: Store = { log: null, meta: null, outputs: [] }
const NO_LOG: Log = { ids: [], added: 0, last: 0, group: null }

export type Acquiring =
  | { verdict: 'HELD' | 'RESET' }
  | { verdict: 'OK'; token: string; cid: string; off: number; n: number; small: string | null }

export interface Commitment {
  token: string
  before: string
  after: string
  off: number
  n: number
  tails: readonly number[]
  small: string
  outputs: readonly string[]
}
export type Verdict = 'OK' | 'DUP' | 'FENCED' | 'STALE' | 'GONE'

export function add(store: Store, id: number): Store {
  const log = store.log ?? NO_LOG
  return { ...store, log: { ...log, ids: [...log.ids, id], added: log.added + 1, last: id } }
}

export function acquire(store: Store, worker: string, nonce: string, own: string): [Acquiring, Store] {
  const { meta } = store
  if (meta?.lease === 'held' && (own === '' || meta.owner !== own)) return [{ verdict: 'HELD' }, store]
  const off = meta?.off ?? 0
  const n = meta?.n ?? 0
  const log = store.log ?? NO_LOG
  // A group that moved without a position: the position was deleted.
  const gone = (meta?.off ?? null) === null && (log.group?.off ?? 0) > 0
  if (gone || off > log.last) return [{ verdict: 'RESET' }, store]
  const epoch = (meta?.epoch ?? 0) + 1
  const token = `${epoch}:${worker}:${nonce}`
  const cid = meta?.cid ?? '0:0'
  const small = meta?.small ?? null
  return [
    { verdict: 'OK', token, cid, off, n, small },
    {
      ...store,
      log: { ...log, group: log.group ?? { off, read: Math.min(n, log.added) } },
      meta: { owner: token, epoch, lease: 'held', cid, off: meta?.off ?? null, n: meta?.n ?? null, small },
    },
  ]
}

export function commit(store: Store, c: Commitment): [Verdict, Store] {
  const { meta, log } = store
  if (meta?.owner !== c.token) return ['FENCED', store]
  if (meta.cid !== c.before) return [meta.cid === c.after ? 'DUP' : 'STALE', store]
  if (log === null || c.tails.some((tail) => !log.ids.includes(tail))) return ['GONE', store]
  const { off, n, small } = c
  return [
    'OK',
    {
      log: { ...log, group: { off, read: Math.min(n, log.added) } },
      meta: { ...meta, cid: c.after, off, n, small, lease: 'held' },
      outputs: [...store.outputs, ...c.outputs],
    },
  ]
}

export function renew(
  store: Store,
  token: string,
  off: number,
  n: number,
  release: boolean,
): ['OK' | 'FENCED' | 'STALE' | 'GONE', Store] {
  const { meta, log } = store
  if (meta?.owner !== token) return ['FENCED', store]
  if ((meta.off ?? 0) !== off) return ['STALE', store]
  if (log === null) return ['GONE', store]
  const group = { off, read: Math.min(n, log.added) }
  return ['OK', { ...store, log: { ...log, group }, meta: { ...meta, lease: release ? 'over' : 'held' } }]
}
