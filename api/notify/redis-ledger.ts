/** The ledger in Redis, in the slot of the alerts; every write is fenced by the lease. */
import type { Redis } from 'ioredis'
import { notifyKeys } from '../../engine/index.ts'
import type { Ledger, LedgerEntry } from './ledger.ts'

const LEASE_MS = 15_000

/** KEYS lease. ARGV token, ms. 1: held. */
const HOLD = `
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`
/** KEYS lease. ARGV token. */
const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end return 1`
/** KEYS lease, hash. ARGV token, field, value. 1: written. */
const WRITE = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
return 1`

/** `leaseMs` is how long a process may be silent before another one takes over. */
export function redisLedger(redis: Redis, namespace: string, leaseMs = LEASE_MS): Ledger {
  const keys = notifyKeys(namespace)
  const write = async (token: string, hash: string, field: string, value: string): Promise<boolean> =>
    (await redis.eval(WRITE, 2, keys.lease, hash, token, field, value)) === 1
  return {
    hold: async (token) => (await redis.eval(HOLD, 1, keys.lease, token, leaseMs)) === 1,
    release: async (token) => void (await redis.eval(RELEASE, 1, keys.lease, token)),
    cursor: (channel) => redis.hget(keys.cursors, channel),
    read: async (key) => parseEntry(await redis.hget(keys.ledger, key)),
    write: (token, key, entry) => write(token, keys.ledger, key, JSON.stringify(entry)),
    advance: (token, channel, cursor) => write(token, keys.cursors, channel, cursor),
    prune: async (token, at) => {
      if ((await redis.get(keys.lease)) !== token) return
      let next = '0'
      do {
        const [cursor, pairs] = await redis.hscan(keys.ledger, next, 'COUNT', 500)
        next = cursor
        const old: string[] = []
        for (let i = 0; i < pairs.length; i += 2) {
          const entry = parseEntry(pairs[i + 1]!)
          if (entry === null || (entry.status !== 'sending' && entry.at < at)) old.push(pairs[i]!)
        }
        if (old.length > 0) await redis.hdel(keys.ledger, ...old)
      } while (next !== '0')
    },
  }
}

/** What cannot be read counts as never sent: twice is better than never. */
function parseEntry(text: string | null): LedgerEntry | null {
  if (text === null) return null
  try {
    return JSON.parse(text) as LedgerEntry
  } catch {
    return null
  }
}
