/**
 * What strangers write straight into the logs: flat events into any partition, and old entries once more. Each is
 * done exactly once however often it is tried, by a mark that is set in the same script.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { Random } from './random.ts'
import type { Row } from './load.ts'

const ONCE = `if redis.call('SETNX', KEYS[1], '') == 0 then return redis.call('GET', KEYS[1]) end`
/** KEYS 1 mark 2 log; ARGV fields. */
const FLAT = `${ONCE} redis.call('XADD', KEYS[2], '*', unpack(ARGV)) return ''`
/** KEYS 1 mark 2 log; ARGV 1 how many entries to look back, 2 which of the batches among them. Out: rows copied. */
const AGAIN = `${ONCE}
local batches = {}
for _, e in ipairs(redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', ARGV[1])) do
  local f = e[2]
  if f[1] == 'weir' and (f[2] == 'batch/1' or f[2] == 'reject/1') then batches[#batches + 1] = f end
end
if #batches == 0 then return '' end
local f = batches[tonumber(ARGV[2]) % #batches + 1]
redis.call('XADD', KEYS[2], '*', unpack(f))
redis.call('SET', KEYS[1], f[8])
return f[8]`

export class Foreign {
  /** Rows of entries written once more, into the logs of the streams. */
  copied = 0
  private readonly redis: Redis
  private readonly logs: { past: string[]; now: string[]; alerts: string[] }
  private marks = 0

  constructor(redis: Redis, namespace: string) {
    this.redis = redis
    const log = (stream: string) => (_: unknown, p: number) => `${namespace}:{${stream}.${p}}:log`
    this.logs = {
      past: Array.from({ length: 4 }, log('past')),
      now: Array.from({ length: 3 }, log('now')),
      alerts: [log('alerts')(null, 0)],
    }
  }

  /** A flat event to any partition of the live stream, as often as not the wrong one. */
  async flat({ at, k, v }: Row, random: Random): Promise<void> {
    await this.once(FLAT, random.pick(this.logs.now), ['at', at, 'k', k, 'v', v])
  }

  /** One of the newest entries of a log once more, verdicts of the engine's own included. */
  async again(random: Random): Promise<void> {
    const stream = random.pick(['past', 'past', 'now', 'alerts'] as const)
    const rows = await this.once(AGAIN, random.pick(this.logs[stream]), [50, random.below(50)])
    if (stream !== 'alerts') this.copied += rows
  }

  private async once(script: string, log: string, args: (string | number)[]): Promise<number> {
    const mark = `chaos-mark:${this.marks++}`
    for (;;) {
      try {
        return Number(await this.redis.eval(script, 2, mark, log, ...args))
      } catch (error) {
        if (/ERR|WRONGTYPE/.test(String(error))) throw error
        await sleep(100)
      }
    }
  }
}
