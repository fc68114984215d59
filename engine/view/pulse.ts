/** What readers measure of the engine once a second: leases, lag, accounting, rate. */
import type { Redis } from 'ioredis'
import type { Small } from '../commit/folding.ts'
import type { CompiledStream } from '../config/compiled.ts'
import { isMerged } from '../config/merged-stream.ts'
import { partitionKeys } from '../stream/keys.ts'
import { type Command, sendEach } from '../stream/send-each.ts'
import type { StreamAccounting } from './reader.ts'

export interface EnginePulse {
  /** Server time, ms. */
  now: number
  engine: 'ok' | 'behind' | 'down'
  lagEntries: number
  newestEventAt: number | null
  /** Events counted so far, all streams. */
  counted: number
  accounting: StreamAccounting[]
  /** Rules that fail, `<rule>: <reason>`. */
  failing: string[]
}

/** Entries that wait longer than this mean that the engine is behind, a partition without owner that it is down. ms */
const BEHIND = 10_000

export async function takePulse(
  redis: Redis,
  namespace: string,
  streams: readonly CompiledStream[],
): Promise<EnginePulse> {
  const targets = streams.flatMap((stream) =>
    Array.from({ length: stream.partitions }, (_, partition) => ({ stream: stream.name, partition })),
  )
  targets.push({ stream: 'alerts', partition: 0 })
  const commands: Command[] = [['TIME']]
  for (const { stream, partition } of targets) {
    const keys = partitionKeys(namespace, stream, partition)
    commands.push(['HMGET', keys.meta, 'exp', 'small', 'off'], ['XINFO', 'GROUPS', keys.log])
  }
  const replies = await sendEach(redis, commands)
  // A missing log is an answer; where a server is away, so are its leases.
  const failure = replies.find(([error], i) => error !== null && commands[i]![0] !== 'XINFO')?.[0]
  if (failure) throw failure
  const time = replies[0]![1] as [string | number, string | number]
  const now = Number(time[0]) * 1000 + Math.floor(Number(time[1]) / 1000)
  const byStream = new Map<string, StreamAccounting>()
  let held = 0
  const pulse: EnginePulse = {
    now,
    engine: 'ok',
    lagEntries: 0,
    newestEventAt: null,
    counted: 0,
    accounting: [],
    failing: [],
  }
  for (const [i, { stream }] of targets.entries()) {
    const [exp, json, off] = (replies[1 + 2 * i]?.[1] ?? []) as (string | null)[]
    const lag = lagOf(replies[2 + 2 * i]?.[1])
    const small = json ? (JSON.parse(json) as Small) : null
    const left = Number(exp ?? 0) - now
    if (left >= 0) held++
    // On its way to another worker a partition is without an owner for a moment.
    if (left < -BEHIND) pulse.engine = 'down'
    else if (lag > 0 && now - Number.parseInt(off ?? '0') > BEHIND && pulse.engine === 'ok')
      pulse.engine = 'behind'
    if (stream === 'alerts') continue
    pulse.lagEntries += lag
    add(byStream, stream, small, lag)
    if (!isMerged(stream)) pulse.counted += small?.counted ?? 0
    for (const rule of small?.failing ?? []) if (!pulse.failing.includes(rule)) pulse.failing.push(rule)
    pulse.newestEventAt = Math.max(pulse.newestEventAt ?? 0, small?.newestAt ?? 0) || null
  }
  if (held === 0) pulse.engine = 'down'
  pulse.accounting = [...byStream.values()]
  return pulse
}

function add(
  byStream: Map<string, StreamAccounting>,
  stream: string,
  small: Small | null,
  lag: number,
): void {
  const sum = byStream.get(stream) ?? {
    stream,
    partitions: 0,
    counted: 0,
    duplicate: 0,
    late: 0,
    dead: 0,
    missing: 0,
    forwarded: 0,
    other: 0,
    lagEntries: 0,
  }
  byStream.set(stream, sum)
  sum.partitions++
  sum.lagEntries += lag
  if (small === null) return
  for (const name of ['counted', 'duplicate', 'late', 'dead', 'missing', 'forwarded'] as const)
    sum[name] += small[name]
  sum.other += small.other ?? 0
}

/** Lag of the group `weir` in entries; 0 where there is no log yet. */
function lagOf(reply: unknown): number {
  if (!Array.isArray(reply)) return 0
  for (const group of reply as (string | number | null)[][]) {
    const named = new Map<unknown, unknown>()
    for (let i = 0; i + 1 < group.length; i += 2) named.set(group[i], group[i + 1])
    if (named.get('name') === 'weir') return Number(named.get('lag') ?? 0)
  }
  return 0
}
