/** The scripts do to a partition exactly what the model says, whatever happens in whatever order. */
import fc from 'fast-check'
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PartitionKeys } from '../stream/keys.ts'
import { type Bench, commitOf, freshKeys, groupOf, startBench, TTL } from './commit.fixture.ts'
import * as model from './protocol.fixture.ts'
import { acquire, commit, renew } from './redis-scripts.ts'

let bench: Bench
beforeAll(async () => void (bench = await startBench()))
afterAll(async () => bench.stop())

const id = (number: number): string => `${number}-0`

/** The same partition twice: in Redis and in the model, changed together. */
class Twins {
  store: model.Store = model.EMPTY
  readonly keys: PartitionKeys = freshKeys()
  private readonly redis: Redis
  private next = 0
  private nonces = 0
  /** Tokens that were given out, and commits that were built: any may come again at any time. */
  private readonly tokens: string[] = []
  private readonly built: model.Commitment[] = []
  /** What a replica may have been left with. */
  private readonly past: { store: model.Store; dumps: (Buffer | null)[] }[] = []

  constructor(redis: Redis) {
    this.redis = redis
  }

  async act(kind: string, a: number, b: number): Promise<void> {
    const { redis, keys } = this
    const token = this.tokens[a % Math.max(1, this.tokens.length)] ?? 'none'
    switch (kind) {
      case 'add': {
        this.store = model.add(this.store, ++this.next)
        await redis.xadd(keys.log, id(this.next), 'k', String(this.next))
        return
      }
      case 'acquire': {
        const own = b % 3 === 0 ? token : ''
        const nonce = `n${this.nonces++}`
        const [wanted, store] = model.acquire(this.store, 'w', nonce, own)
        this.store = store
        const { verdict, ...got } = await acquire(redis, keys, 'w', nonce, TTL * 1000, '1-0', own)
        expect(verdict).toBe(wanted.verdict)
        if (wanted.verdict !== 'OK' || !('token' in got)) return
        this.tokens.push(wanted.token)
        expect(got).toMatchObject({ token: wanted.token })
        expect(got.meta.get('cid')).toBe(wanted.cid)
        return
      }
      case 'commit':
        this.built.push(this.build(a, b))
        return this.commit(this.built.at(-1)!)
      case 'again':
        if (this.built.length > 0) await this.commit(this.built[b % this.built.length]!)
        return
      case 'renew': {
        const { off, n } = this.store.meta ?? {}
        // Now and then what it knows is not what is there any more.
        const at = (off ?? 0) + (b % 5 === 0 ? 1 : 0)
        const release = b % 4 === 0
        const [wanted, store] = model.renew(this.store, token, at, n ?? 0, release)
        this.store = store
        const renewal = { token, ttl: TTL * 1000, off: id(at), n: n ?? 0, release }
        expect((await renew(redis, keys, renewal)).verdict).toBe(wanted)
        return
      }
      default:
        await this.disturb(kind, a)
    }
  }

  /** What happens to a partition from outside. */
  private async disturb(kind: string, a: number): Promise<void> {
    const { redis, keys } = this
    const { log, meta } = this.store
    if (kind === 'expire' && meta !== null) {
      const poisoned = a % 3 === 0
      this.store = { ...this.store, meta: { ...meta, lease: poisoned ? 'poisoned' : 'over' } }
      await redis.hset(keys.meta, 'exp', poisoned ? String(Date.now() + TTL * 3000) : '0')
    } else if (kind === 'trim' && log !== null) {
      const keep = a % (log.ids.length + 1)
      this.store = { ...this.store, log: { ...log, ids: log.ids.slice(log.ids.length - keep) } }
      await redis.xtrim(keys.log, 'MAXLEN', keep)
    } else if (kind === 'forget group' && log !== null) {
      this.store = { ...this.store, log: { ...log, group: null } }
      await redis.xgroup('DESTROY', keys.log, 'weir')
    } else if (kind === 'delete log' && a % 4 === 0) {
      this.store = { ...this.store, log: null }
      await redis.del(keys.log)
    } else if (kind === 'delete meta' && a % 4 === 0) {
      this.store = { ...this.store, meta: null }
      await redis.del(keys.meta)
    } else if (kind === 'replicate') {
      const dumps = await Promise.all([keys.log, keys.meta, keys.outbox].map((key) => redis.dumpBuffer(key)))
      this.past.push({ store: this.store, dumps })
    } else if (kind === 'fail over' && this.past.length > 0) {
      const { store, dumps } = this.past[a % this.past.length]!
      this.store = store
      for (const [i, key] of [keys.log, keys.meta, keys.outbox].entries()) {
        await redis.del(key)
        if (dumps[i] !== null) await redis.restore(key, 0, dumps[i]!)
      }
    }
  }

  private build(a: number, b: number): model.Commitment {
    const { meta, log } = this.store
    const ids = (log?.ids ?? []).filter((one) => one > (meta?.off ?? 0)).slice(0, 1 + (a % 3))
    const number = Number.parseInt(meta?.cid ?? '0') + 1
    return {
      // Mostly the owner; now and then one who has been it.
      token: b % 4 === 0 ? (this.tokens[a % Math.max(1, this.tokens.length)] ?? 'none') : (meta?.owner ?? ''),
      before: b % 7 === 0 ? '0:0' : (meta?.cid ?? '0:0'),
      after: `${number}:n${this.nonces++}`,
      off: ids.at(-1) ?? meta?.off ?? 0,
      n: (meta?.n ?? 0) + ids.length,
      tails: ids,
      small: `s${number}`,
      outputs: [`o${number}`],
    }
  }

  private async commit(c: model.Commitment): Promise<void> {
    const [wanted, store] = model.commit(this.store, c)
    const at = (this.store.outputs.length + 1).toFixed(0)
    this.store = store
    const built = commitOf(c.token, c.before, c.after, c.tails.map(id), {
      off: id(c.off),
      n: c.n,
      ttl: TTL * 1000,
      meta: ['small', c.small],
      outbox: [`${at}-0`, c.outputs[0]!],
    })
    const { verdict, added } = await commit(this.redis, this.keys, built)
    expect(verdict).toBe(wanted)
    if (verdict === 'OK') expect(added).toBe(store.log!.added)
  }

  /** The partition in Redis, in the words of the model. */
  async look(): Promise<model.Store> {
    const { redis, keys } = this
    const number = (text: string | undefined): number | null =>
      text === undefined ? null : Number.parseInt(text)
    const meta = await redis.hgetall(keys.meta)
    const left = Number(meta['exp']) - Date.now()
    const outbox = await redis.xrange(keys.outbox, '-', '+')
    return {
      log: await this.lookAtLog(),
      meta:
        meta['owner'] === undefined
          ? null
          : {
              owner: meta['owner'],
              epoch: Number(meta['epoch']),
              lease: left <= 0 ? 'over' : left > TTL * 2000 ? 'poisoned' : 'held',
              cid: meta['cid']!,
              off: number(meta['off']),
              n: number(meta['n']),
              small: meta['small'] ?? null,
            },
      outputs: outbox.map(([, fields]) => fields[1]!),
    }
  }

  private async lookAtLog(): Promise<model.Log | null> {
    const { redis, keys } = this
    if ((await redis.exists(keys.log)) === 0) return null
    const flat = (await redis.xinfo('STREAM', keys.log)) as unknown[]
    const info = new Map(Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]))
    const group = info.get('groups') === 0 ? null : await groupOf(redis, keys)
    return {
      ids: (await redis.xrange(keys.log, '-', '+')).map(([one]) => Number.parseInt(one)),
      added: Number(info.get('entries-added')),
      last: Number.parseInt(String(info.get('last-generated-id'))),
      group: group && {
        off: Number.parseInt(String(group['last-delivered-id'])),
        read: Number(group['entries-read']),
      },
    }
  }
}

const WEIGHTS: [number, string][] = [
  [6, 'add'],
  [3, 'acquire'],
  [6, 'commit'],
  [3, 'again'],
  [2, 'renew'],
  [2, 'expire'],
  [1, 'trim'],
  [1, 'forget group'],
  [1, 'delete log'],
  [1, 'delete meta'],
  [2, 'replicate'],
  [1, 'fail over'],
]
const step = fc.tuple(
  fc.oneof(...WEIGHTS.map(([weight, kind]) => ({ weight, arbitrary: fc.constant(kind) }))),
  fc.nat(1000),
  fc.nat(1000),
)

test('the scripts do what the model does, step by step, through failovers, trims, deletions and late commits', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
      const twins = new Twins(bench.redis)
      for (const [kind, a, b] of steps) {
        await twins.act(kind, a, b)
        expect(await twins.look(), `after ${kind} ${a} ${b}`).toEqual(twins.store)
      }
    }),
    { numRuns: 100 },
  )
})
